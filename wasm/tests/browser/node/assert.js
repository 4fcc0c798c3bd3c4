/** node:assert/strict, by the package that bundlers put in its place. */
import assert from "assert";

export default assert.strict;
