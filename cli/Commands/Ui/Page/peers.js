// Ends of exchanges: how they are called, and by which filter they are found again.
import {h, narrowing} from './dom.js';
import {quoted} from './api.js';

/** An end of a record. */
export function end(record, side) {
  const ip = record[`${side}.ip`] ?? '',
    port = record[`${side}.port`];
  return {name: record[`${side}.name`] ?? '', space: record[`${side}.namespace`] ?? '', ip, port};
}

/** As a cell of a table. */
export function endCell(record, side, view) {
  const {name, space, ip, port} = end(record, side);
  const at = side === 'dst' && port !== undefined ? `:${port}` : '';
  const filter = name ? named(side, name, space) : `${side}.ip == ${ip}`;
  return [
    narrowing((name || ip) + at, filter, view, side === 'src' ? 'the client' : 'the server'),
    space && h('span', {class: 'of'}, ` ${space}`),
  ];
}

export function named(side, name, space) {
  const one = `${side}.name == ${quoted(name)}`;
  return space ? `${one} and ${side}.namespace == ${quoted(space)}` : one;
}

export function either(name, space, ip) {
  return name ? `((${named('src', name, space)}) or (${named('dst', name, space)}))` : `ip == ${ip}`;
}
