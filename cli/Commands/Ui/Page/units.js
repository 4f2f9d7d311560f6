// Numbers as people read them, each with its unit.

const shown = value => {
  const size = Math.abs(value);
  return size >= 9.95 || size === 0
    ? String(Math.round(value))
    : size >= 1
      ? value.toFixed(1)
      : String(Number(value.toPrecision(1)));
};

function scaled(value, units, step) {
  let unit = 0;
  while (Math.abs(value) >= step && unit < units.length - 1) {
    value /= step;
    unit++;
  }
  return `${shown(value)} ${units[unit]}`.trim();
}

export const bytes = value => scaled(value, ['B', 'kB', 'MB', 'GB', 'TB', 'PB'], 1000);
export const byteRate = value => `${bytes(value)}/s`;
export const count = value => Math.round(value).toLocaleString('en');
export const rate = value => `${scaled(value, ['', 'k', 'M', 'G'], 1000)}/s`;
export const percent = (part, whole) => {
  if (!(whole > 0)) return '–';
  const share = (100 * part) / whole;
  return share === 0 ? '0 %' : share < 0.1 ? '< 0.1 %' : `${share < 10 ? share.toFixed(1) : Math.round(share)} %`;
};

/** Nanoseconds. */
export function length(nanos) {
  if (nanos === undefined || nanos === null || !Number.isFinite(Number(nanos))) return '–';
  const value = Number(nanos);
  if (Math.abs(value) < 60e9) return scaled(value, ['ns', 'µs', 'ms', 's'], 1000);
  const seconds = Math.round(value / 1e9);
  return seconds < 3600
    ? `${Math.floor(seconds / 60)} min ${seconds % 60} s`
    : `${Math.floor(seconds / 3600)} h ${Math.floor(seconds / 60) % 60} min`;
}

const two = value => String(value).padStart(2, '0');

/** Milliseconds since 1970, as this machine's clock shows them. */
export function clock(time, withSeconds = true) {
  const at = new Date(time);
  return `${two(at.getHours())}:${two(at.getMinutes())}${withSeconds ? `:${two(at.getSeconds())}` : ''}`;
}

/** A record's time: with thousandths of a second, and with its day where that is another than today. */
export function moment(text) {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) return String(text);
  const day = at.toDateString() === new Date().toDateString() ? '' : `${two(at.getMonth() + 1)}-${two(at.getDate())} `;
  return `${day}${clock(at)}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}
