/** As much of node:test as the tests use. It gathers them; who drives the page runs each by its place in `tests`. */
const around = [];
const tests = (globalThis.tests = []);

export function describe(name, body) {
  around.push(name);
  body();
  around.pop();
}

export function test(name, body) {
  tests.push({ name: [...around, name].join(": "), run: () => run(body) });
}

async function run(body) {
  const mocked = [];
  const method = (object, name, fake) => {
    const calls = [];
    mocked.push([object, name, object[name]]);
    object[name] = (...args) => (calls.push({ arguments: args }), fake(...args));
    return { mock: { calls } };
  };
  try {
    await body({ mock: { method } });
  } finally {
    for (const [object, name, original] of mocked) object[name] = original;
  }
}

globalThis.setImmediate ??= (callback) => setTimeout(callback);
