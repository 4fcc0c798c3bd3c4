/** Puts frames on a canvas: by WebGL 2, which reads shared memory; else by a 2D context, which does not. */

const VERTEX = `#version 300 es
out vec2 at;
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0;
  at = vec2(corner.x + 1.0, 1.0 - corner.y) * 0.5;
  gl_Position = vec4(corner, 0, 1);
}`;
const FRAGMENT = `#version 300 es
precision mediump float;
in vec2 at;
uniform sampler2D frame;
out vec4 colour;
void main() { colour = vec4(texture(frame, at).rgb, 1); }`;

function shader(gl, type, text) {
  const made = gl.createShader(type);
  gl.shaderSource(made, text);
  gl.compileShader(made);
  return made;
}

function webglPainter(gl, width, height) {
  const program = gl.createProgram();
  gl.attachShader(program, shader(gl, gl.VERTEX_SHADER, VERTEX));
  gl.attachShader(program, shader(gl, gl.FRAGMENT_SHADER, FRAGMENT));
  gl.linkProgram(program);
  gl.useProgram(program);
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA8, width, height);
  gl.viewport(0, 0, width, height);
  return (frame) => {
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, frame);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  };
}

function contextPainter(context, width, height) {
  const own = context.createImageData(width, height);
  return (frame) => {
    if (frame.buffer instanceof ArrayBuffer) {
      const pixels = new Uint8ClampedArray(frame.buffer, frame.byteOffset, frame.byteLength);
      return context.putImageData(new ImageData(pixels, width, height), 0, 0);
    }
    own.data.set(frame); // ImageData refuses shared memory: the pool's one copy
    context.putImageData(own, 0, 0);
  };
}

/** On a canvas of its own in place of `old`: a canvas keeps the kind of context it once had. */
export function newPainter(old, width, height, { webgl = true } = {}) {
  const canvas = old.cloneNode();
  Object.assign(canvas, { width, height });
  const gl = webgl ? canvas.getContext("webgl2", { alpha: false, antialias: false }) : null;
  const paint = gl ? webglPainter(gl, width, height) : contextPainter(canvas.getContext("2d"), width, height);
  old.replaceWith(canvas);
  return { canvas, paint, copies: gl ? 0 : 1, end: () => gl?.getExtension("WEBGL_lose_context")?.loseContext() };
}
