/** The page of `cenote flame`: shows the profile that is in it. */
import { at } from "./dom.js";
import { FlameView } from "./flame_view.js";

new FlameView(at("flame"), { prefer: ["peak_space"] }).show(JSON.parse(at("profile").textContent));
