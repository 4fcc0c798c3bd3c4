/** Changes each frame in place and posts it to the next station. */
import { moveOn } from "./board.js";
import { carrierOf } from "./carriers.js";
import { TRANSFORMS } from "./transforms.js";

onmessage = ({ data: { setup } }) => {
  const { width, height, board, station, previous, next } = setup;
  const carrier = carrierOf(setup.carrier);
  const transform = TRANSFORMS[setup.transform];
  previous.onmessage = ({ data: { parcel: received, ...frameData } }) => {
    const frame = carrier.unpack(received);
    transform(frame, width, height);
    const [parcel, transfer] = carrier.pack(frame);
    moveOn(board, station);
    next.postMessage({ ...frameData, parcel }, transfer);
  };
};
