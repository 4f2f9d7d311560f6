// The frame of a panel: its title, and what is so while there is no answer yet, or none, or an empty one, or a part.
import {h, isMarked, replace} from './dom.js';

export class Frame {
  constructor(panel, view) {
    this.panel = panel;
    this.view = view;
    this.hasContent = false;
    this.body = h('div', {class: 'body'}, h('p', {class: 'state'}, 'Loading…'));
    this.partial = h('p', {class: 'partial', hidden: true});
    this.trouble = h('p', {class: 'problem', role: 'alert', hidden: true});
    const title = `title-${panel.id}`;
    this.element = h(
      'section',
      {
        class: `panel ${panel.width ?? ''}`,
        id: `panel-${panel.id}`,
        'aria-labelledby': title,
        'aria-busy': 'true',
      },
      h(
        'header',
        null,
        h('h2', {id: title}, panel.title),
        panel.tools?.(view),
        panel.note && h('span', {class: 'note'}, panel.note),
      ),
      this.trouble,
      this.partial,
      this.body,
    );
  }

  /** Something else is looked at: what is shown is of before. */
  outdate() {
    this.body.classList.add('stale');
    this.element.setAttribute('aria-busy', 'true');
  }

  /** Rejects with what was wrong; it has been shown then. */
  async refresh(signal) {
    try {
      const answer = await this.panel.ask(this.view, signal);
      if (signal.aborted) return;
      if (isMarked(this.body)) return;
      this.show(answer);
    } catch (problem) {
      if (signal.aborted) return;
      this.fail(problem);
      throw problem;
    } finally {
      if (!signal.aborted) this.element.setAttribute('aria-busy', 'false');
    }
  }

  show(answer) {
    const lacks = this.panel.isAboutLosses ? '' : lacking(answer.completeness ?? []);
    this.partial.hidden = !lacks;
    this.partial.textContent = lacks;
    this.trouble.hidden = true;
    this.body.classList.remove('stale');
    this.hasContent = true;
    replace(
      this.body,
      this.panel.isEmpty(answer)
        ? h('p', {class: 'state'}, [
            this.panel.nothing,
            ' in ',
            this.view.range.words,
            this.view.where && ' that match the filter',
            '.',
          ])
        : this.panel.render(answer, this.view),
    );
  }

  fail(problem) {
    if (problem.kind === 'rights') {
      this.hasContent = false;
      this.trouble.hidden = this.partial.hidden = true;
      this.body.classList.remove('stale');
      replace(this.body, needsRights(problem.message, this.panel.id));
    } else if (this.hasContent && problem.kind !== 'question') {
      // That no worker is there is told once, above all panels.
      this.trouble.hidden = problem.kind === 'away' || problem.kind === 'ended';
      this.trouble.textContent = `Not up to date: ${problem.message}`;
      this.body.classList.add('stale');
    } else {
      this.hasContent = false;
      this.trouble.hidden = this.partial.hidden = true;
      this.body.classList.remove('stale');
      const words = {away: 'Waiting for a worker.', ended: 'Waiting.'}[problem.kind];
      replace(this.body, words ? h('p', {class: 'state'}, words) : h('pre', {class: 'state problem'}, problem.message));
    }
  }
}

export function needsRights(message, id) {
  return h(
    'div',
    null,
    h('p', {class: 'state'}, 'This needs cluster-wide rights.'),
    h('details', null, h('summary', {'data-key': `rights ${id}`}, 'What is missing'), h('pre', null, message)),
  );
}

/** What answers lack, in words; empty when they are whole. */
export function lacking(all) {
  const absent = new Map(all.flatMap(one => one?.absent ?? []).map(one => [one.worker, one.why]));
  const parts = [...absent].map(([name, why]) => `${name} did not answer (${why})`);
  if (all.some(one => one?.is_cut)) parts.push('a limit cut the answer');
  return parts.length ? `Only a part: ${parts.join('; ')}` : '';
}
