/** Questions to the server. */

/** What the server said no with; `status` 0: nobody answered. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
  get isGone() {
    return this.status === 410;
  }
}

export async function ask(path) {
  let response;
  try {
    response = await fetch(path, { cache: "no-store" });
  } catch {
    throw new Refused(0, "The server does not answer. Trying again…");
  }
  const answer = await response
    .json()
    .catch(() => ({ error: `The server answered in a way that is not understood (${response.status}).` }));
  if (!response.ok) throw new Refused(response.status, answer.error);
  return answer;
}

export const processes = () => ask("/api/processes");
export const snapshot = (pid) => ask(`/api/${pid}/snapshot`);
export const profile = (pid) => ask(`/api/${pid}/profile`);
export const sizes = (pid) => ask(`/api/${pid}/sizes`);
export const map = (pid) => ask(`/api/${pid}/map`);
export const slab = (pid, address) => ask(`/api/${pid}/slab?at=${address}`);
