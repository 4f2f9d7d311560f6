// Puts the page together and keeps it up to date.
import {aggregate, Problem, scope, takeKey, worker} from './api.js';
import {Details} from './details.js';
import {Frame} from './frame.js';
import {h, replace} from './dom.js';
import {panels} from './panels.js';
import {clock} from './units.js';
import {ranges, View} from './view.js';

const of = id => document.getElementById(id);
const banner = of('banner'),
  freshness = of('freshness'),
  where = of('where'),
  wrong = of('where-problem');

takeKey();
const about = await firstWord();
const view = new View({where: about.where});
const details = new Details(of('details'), view, about.program);
const frames = panels.map(panel => new Frame(panel, view));
replace(
  of('main'),
  frames.map(frame => frame.element),
);
of('scope').textContent = !about.is_cluster
  ? about.server
  : about.namespaces.length
    ? `namespace ${about.namespaces.join(', ')}`
    : 'all namespaces';
of('about').textContent =
  `netsniff ${about.version}. A flow that several sensors saw is counted at each. Times are this machine’s.`;

let asking = new AbortController(),
  timer = 0,
  updated = 0,
  checked = null,
  isPaused = false,
  wasAway = false;

/** Without it there is nothing to begin with. */
async function firstWord() {
  for (;;) {
    try {
      return await scope();
    } catch (problem) {
      tell(`This page is no longer served: ${problem.message}.`, false);
      await new Promise(go => setTimeout(go, 3000));
    }
  }
}

function tell(text, isGood) {
  banner.textContent = text;
  banner.hidden = !text;
  banner.className = isGood ? 'good' : '';
}

/** A filter is tried before it is asked everywhere, and what is wrong with it is said where it was typed. */
async function isAskable(signal) {
  if (checked === view.where) return true;
  let problem = null;
  try {
    if (view.where) await aggregate({kind: 'flow', where: view.where, since: '1s', top: 1}, signal);
  } catch (caught) {
    if (!(caught instanceof Problem) || caught.kind !== 'question') throw caught;
    problem = caught;
  }
  wrong.hidden = !problem;
  wrong.textContent = problem?.message.replace(/^where: /, '') ?? '';
  where.setAttribute('aria-invalid', String(!!problem));
  if (problem) return false;
  checked = view.where;
  return true;
}

async function refresh() {
  clearTimeout(timer);
  asking.abort();
  const {signal} = (asking = new AbortController());
  let problems = [];
  try {
    if (!(await isAskable(signal))) {
      freshness.textContent = 'The filter cannot be asked';
      return;
    }
    const ends = await Promise.allSettled(frames.map(frame => frame.refresh(signal)));
    problems = ends.map(end => end.reason).filter(reason => reason);
  } catch (problem) {
    problems = [problem];
    if (!signal.aborted) frames.forEach(frame => frame.fail(problem));
  }
  if (signal.aborted) return;
  conclude(problems);
  if (!isPaused && !document.hidden) timer = setTimeout(refresh, wasAway ? 3000 : view.range.every * 1000);
}

/** Whether there is a worker concerns all panels. */
function conclude(problems) {
  const ended = problems.find(problem => problem.kind === 'ended'),
    away = problems.find(problem => problem.kind === 'away');
  if (ended)
    tell(
      `${ended.message[0].toUpperCase()}${ended.message.slice(1)}. Run ${about.program} ui again for a new link.`,
      false,
    );
  else if (away)
    tell(
      `No worker can be reached: ${away.message}. ${updated ? `This is of ${clock(updated)}; trying` : 'Trying'} on.`,
      false,
    );
  else {
    updated = Date.now();
    tell(wasAway ? `Connected again${about.is_cluster ? `, at ${worker()}` : ''}.` : '', true);
  }
  wasAway = !!(ended || away);
  sayFreshness();
}

function sayFreshness() {
  const at = updated ? `Updated ${clock(updated)}` : 'No answer yet';
  freshness.textContent = isPaused ? `${at}, paused` : `${at}, every ${view.range.every} s`;
}

function changed() {
  const before = [view.range.name, view.where, view.kind].join();
  view.read();
  for (const heard of view.heard) heard();
  where.value = view.where;
  of(`range-${view.range.name}`).checked = true;
  details.show();
  if ([view.range.name, view.where, view.kind].join() === before && updated) return;
  frames.forEach(frame => frame.outdate());
  refresh();
}

of('range').append(
  ...ranges.map(range =>
    h(
      'label',
      null,
      h('input', {
        type: 'radio',
        name: 'range',
        id: `range-${range.name}`,
        on: {change: () => view.go({range: range.name})},
      }),
      h('span', null, range.title),
    ),
  ),
);
of('search').addEventListener('submit', event => {
  event.preventDefault();
  checked = null;
  view.go({where: where.value.trim()});
  if (view.where === where.value.trim()) refresh();
});
where.addEventListener('search', () => {
  if (!where.value && view.where) view.go({where: ''});
});
of('pause').addEventListener('click', event => {
  isPaused = !isPaused;
  event.currentTarget.setAttribute('aria-pressed', String(isPaused));
  if (isPaused) {
    clearTimeout(timer);
    sayFreshness();
  } else refresh();
});
document.addEventListener('visibilitychange', () => {
  if (document.hidden) {
    clearTimeout(timer);
  } else if (!isPaused) refresh();
});
// The address says what is looked at, so that a place in the page cannot be said there.
document.querySelector('.skip').addEventListener('click', event => {
  event.preventDefault();
  of('main').focus();
});
addEventListener('hashchange', changed);
changed();
