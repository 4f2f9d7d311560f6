// Questions to the worker's API (docs/api.md), by way of the command that serves this page.

const keyName = 'netsniff-key';
const answerMax = 45_000;

/** What the link brought; kept for other tabs of this page. It is good while the command runs. */
export function takeKey() {
  const brought = new URLSearchParams(location.hash.slice(1)).get('key');
  if (!brought) return;
  localStorage.setItem(keyName, brought);
  history.replaceState(null, '', '/');
}

/** A no, or no answer: `kind` is 'rights', 'question', 'away', 'ended' or 'other'. */
export class Problem extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

let lastWorker = '';
export const worker = () => lastWorker;

async function get(path, parameters, signal) {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== null && value !== '') asked.set(name, value);
  }
  let answer, text;
  try {
    answer = await fetch(`${path}?${asked}`, {
      headers: {'x-netsniff-key': localStorage.getItem(keyName) ?? ''},
      cache: 'no-store',
      credentials: 'same-origin',
      signal: signal ? AbortSignal.any([signal, AbortSignal.timeout(answerMax)]) : AbortSignal.timeout(answerMax),
    });
    text = await answer.text();
  } catch (problem) {
    if (signal?.aborted) throw problem;
    throw problem.name === 'TimeoutError'
      ? new Problem('away', 'no answer in time')
      : new Problem('ended', 'the command that serves this page has ended');
  }
  lastWorker = answer.headers.get('x-netsniff-worker') ?? lastWorker;
  if (!answer.ok) throw refusal(answer, text);
  return text;
}

function refusal(answer, text) {
  if (!answer.headers.get('content-type')?.startsWith('application/problem+json')) {
    return answer.status === 403 ? new Problem('ended', text.trim()) : new Problem('other', `status ${answer.status}`);
  }
  const {detail, title} = JSON.parse(text);
  const kind = {400: 'question', 403: 'rights', 503: 'away'}[answer.status] ?? 'other';
  return new Problem(kind, detail || title || `status ${answer.status}`);
}

/** Whole numbers that JavaScript cannot hold, such as numbers of flows, become texts. */
export function parse(text) {
  return JSON.parse(
    text.replace(
      /("(?:[^"\\]|\\.)*")|(?<![\d.eE+-])(-?\d{16,})(?![\d.eE])/g,
      (all, quoted, number) => quoted ?? (number ? `"${number}"` : all),
    ),
  );
}

export const scope = () => get('/api/scope', {}).then(JSON.parse);

export async function status(signal) {
  return parse(await get('/api/v1/status', {}, signal));
}

/** {kind, by: [], measure: [], bucket, where, since, top} → {rows, completeness} */
export async function aggregate({by = [], measure = ['count'], ...rest}, signal) {
  const asked = {...rest, by: by.join(','), measure: measure.join(',')};
  const {rows, completeness} = parse(await get('/api/v1/aggregate', asked, signal));
  return {rows, completeness};
}

/** {kind, where, since, last} → {rows, completeness}; the newest is last. */
export async function records(question, signal) {
  const rows = [];
  let completeness = null;
  for (const line of (await get('/api/v1/records', question, signal)).split('\n')) {
    if (!line) continue;
    const one = parse(line);
    if (one.completeness) completeness = one.completeness;
    else if (one.problem) throw new Problem('other', one.problem.detail ?? 'the answer broke off');
    else if (one.kind) rows.push(one);
  }
  if (!completeness) throw new Problem('away', 'the answer broke off');
  return {rows, completeness};
}

/** For the filter language. */
export const quoted = text =>
  `"${String(text).replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n').replace(/\r/g, '\\r')}"`;
export const and = (one, other) => (!one ? (other ?? '') : !other ? one : `(${one}) and (${other})`);
