/** Figures as people read them. */
const number = (digits) =>
  new Intl.NumberFormat("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const [whole, tenths, hundredths] = [0, 1, 2].map(number);

export const NONE = "–";

export const count = (value) => whole.format(value);
export const rate = (value) => (value < 100 ? tenths : whole).format(value);
export const times = (value) => hundredths.format(value);
export const percent = (share) => `${whole.format(100 * share)} %`;
export const megabytes = (bytes) => whole.format(bytes / 1e6);

export function milliseconds(value) {
  if (value === undefined) return NONE;
  return (value < 10 ? hundredths : value < 100 ? tenths : whole).format(value);
}

export const bytes = (value) => (value < 1e9 ? `${whole.format(value / 1e6)} MB` : `${tenths.format(value / 1e9)} GB`);
