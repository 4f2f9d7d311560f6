// Everything that is known of one flow.
import {h, replace} from './dom.js';
import {quoted, records} from './api.js';
import {inOneLine} from './exchanges.js';
import {end} from './peers.js';
import {moment} from './units.js';

const recordsMax = 200;

export class Details {
  constructor(dialog, view, program) {
    [this.dialog, this.view, this.program] = [dialog, view, program];
    dialog.addEventListener('close', () => {
      if (view.flow) view.go({flow: ''});
    });
    dialog.addEventListener('click', event => {
      if (event.target === dialog) dialog.close();
    });
  }

  get filter() {
    const {flow, node} = this.view;
    return `flow.id == ${flow}${node ? ` and node == ${quoted(node)}` : ''}`;
  }

  async show() {
    const {dialog, view} = this;
    this.asking?.abort();
    if (!/^\d{1,20}$/.test(view.flow)) {
      if (dialog.open) dialog.close();
      return;
    }
    const {signal} = (this.asking = new AbortController());
    this.fill(h('p', {class: 'state'}, 'Loading…'));
    if (!dialog.open) dialog.showModal();
    try {
      const {rows} = await records({where: this.filter, since: '25h', last: recordsMax}, signal);
      this.fill(
        rows.length
          ? this.about(rows)
          : h('p', {class: 'state'}, 'Nothing is kept of this flow any more, or it has not ended yet.'),
      );
    } catch (problem) {
      if (!signal.aborted) this.fill(h('pre', {class: 'state problem'}, problem.message));
    }
  }

  fill(...content) {
    replace(
      this.dialog,
      h(
        'div',
        {class: 'head'},
        h('h2', {id: 'details-title'}, `Flow ${this.view.flow}`),
        h('button', {type: 'button', 'data-key': 'close', on: {click: () => this.dialog.close()}}, 'Close'),
      ),
      content,
    );
  }

  about(rows) {
    const one = rows.find(row => row.kind === 'flow') ?? rows[0];
    const named = side => {
      const {name, space, ip, port} = end(one, side);
      const who = name ? `${space ? `${space}/` : ''}${name} (${ip})` : ip;
      return port === undefined ? who : `${who}:${port}`;
    };
    return [
      h('p', null, `${named('src')} → ${named('dst')}`),
      h('p', {class: 'quiet'}, 'Its packets, where sensors still keep them:'),
      h('pre', null, `${this.program} pcap --where '${this.filter.replaceAll("'", "'\\''")}' -o flow.pcapng`),
      rows.length === recordsMax && h('p', {class: 'partial'}, `Only the newest ${recordsMax} records are shown.`),
      rows.map((row, index) => this.record(row, index, rows.length)),
    ];
  }

  record(row, index, total) {
    const {what, result, tone, took} = inOneLine(row);
    return h(
      'details',
      {open: total <= 2},
      h(
        'summary',
        {'data-key': `record ${index}`},
        `${moment(row.time)} ${row.kind} ${what} `,
        h('span', {class: tone}, result),
        took && ` ${took}`,
      ),
      h(
        'dl',
        null,
        Object.entries(row).map(([name, value]) => [
          h('dt', null, name),
          h(
            'dd',
            null,
            Array.isArray(value) ? value.join('\n') : typeof value === 'object' ? JSON.stringify(value) : String(value),
          ),
        ]),
      ),
    );
  }
}
