/** What the visitor has chosen. */
export function settingsOf(form) {
  const data = new FormData(form);
  const [width, height] = data.get("size").split("x").map(Number);
  const framesPerSecond = Number(data.get("rate"));
  return {
    width,
    height,
    bytes: 4 * width * height,
    blocks: Number(data.get("blocks")),
    transforms: data.getAll("transform"),
    interval: framesPerSecond ? 1000 / framesPerSecond : 0,
    kinds: data.get("pipeline") === "both" ? ["pool", "fresh"] : [data.get("pipeline")],
  };
}
