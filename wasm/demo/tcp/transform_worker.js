/** Grades each frame in place and sends it back. */
import { parentPort, workerData } from "node:worker_threads";

import { carrierOf } from "../pipeline/carriers.js";
import { TRANSFORMS } from "../pipeline/transforms.js";
import { observePauses } from "./pauses.js";

const { width, height } = workerData;
const carrier = carrierOf(workerData.carrier);
const pauses = observePauses();

parentPort.on("message", ({ over, header, parcel }) => {
  if (over) {
    parentPort.postMessage({ pauses: pauses() });
    return parentPort.close();
  }
  const frame = carrier.unpack(parcel);
  TRANSFORMS.grade(frame, width, height);
  const [changed, transfer] = carrier.pack(frame);
  parentPort.postMessage({ header, parcel: changed }, transfer);
});
