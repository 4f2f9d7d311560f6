// Records in a line each.
import {bytes, count, length} from './units.js';

const text = value => (value === undefined || value === null ? '' : String(value));
const sum = (record, one, other) => Number(record[one] ?? 0) + Number(record[other] ?? 0);

const grpcNames = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];

const ends = {1: 'finished', 2: 'reset', 3: 'idle', 4: 'still open', 5: 'evicted', 6: 'capture ended'};

/** What it is about, how it went, how long it took and how much it was. */
const kinds = {
  flow: record => ({
    what: `${text(record.proto)} ${text(record.app)}`.trim(),
    result: ends[record['flow.end']] ?? '',
    isBad: record['flow.end'] === 2,
    took: record['flow.duration'],
    size: sum(record, 'flow.bytes.toserver', 'flow.bytes.toclient'),
  }),
  http: record => {
    const code = Number(record['http.status'] ?? 0),
      grpc = record['grpc.status'];
    const path = `${text(record['http.method'])} ${text(record['http.host'])}${text(record['http.uri'])}`;
    return {
      what: path,
      result: grpc === undefined ? (code ? String(code) : 'no answer') : (grpcNames[grpc] ?? `gRPC ${text(grpc)}`),
      isBad: code >= 500 || code === 0 || Number(grpc ?? 0) !== 0,
      isOdd: code >= 400,
      took: record['http.latency'],
      size: sum(record, 'http.request.bytes', 'http.response.bytes'),
    };
  },
  dns: record => ({
    what: `${text(record['dns.qtype_name'])} ${text(record['dns.qname'])}`,
    result: record['dns.has_response'] === false ? 'no answer' : text(record['dns.rcode_name']),
    isBad: record['dns.has_response'] === false || ![0, 3].includes(record['dns.rcode'] ?? 0),
    isOdd: record['dns.rcode'] === 3,
    took: record['dns.latency'],
  }),
  tls: record => ({
    what: `${text(record['tls.version_name'])} ${text(record['tls.sni'])}`.trim(),
    took: record['tls.latency'],
    result: text(record['tls.problem']),
    isBad: record['tls.problem'] !== undefined,
  }),
  quic: record => ({
    what: `QUIC ${text(record['tls.sni'] ?? record['quic.sni'])}`.trim(),
    result: '',
    took: record['quic.latency'],
  }),
  websocket: record => ({
    what: `${text(record['ws.host'])}${text(record['ws.uri'])}, ${count(record['ws.frames'] ?? 0)} frames`,
    result: record['ws.close.code'] ? `closed ${record['ws.close.code']}` : '',
    took: record['ws.duration'],
    size: sum(record, 'ws.bytes.toserver', 'ws.bytes.toclient'),
  }),
  finding: record => ({
    what: text(record['finding.title']),
    result: text(record['finding.severity_name']),
    isBad: record['finding.severity'] >= 4,
  }),
};

export const kindNames = ['http', 'flow', 'dns', 'tls', 'quic', 'websocket', 'finding'];

export function inOneLine(record) {
  const said = kinds[record.kind]?.(record) ?? {what: text(record.kind), result: ''};
  return {
    what: said.what,
    result: said.result ?? '',
    tone: said.isBad ? 'bad' : said.isOdd ? 'warn' : '',
    took: said.took === undefined ? '' : length(said.took),
    size: said.size === undefined ? '' : bytes(said.size),
  };
}
