// Elements out of names, attributes and texts. What records say becomes text: there is no way to say markup here.

const svgNames = new Set(['svg', 'path', 'line', 'g']);

/** h('td', {class: 'number'}, '42'); `on` has listeners, `style` properties; children may be lists or nothing. */
export function h(name, attributes, ...children) {
  const element = svgNames.has(name)
    ? document.createElementNS('http://www.w3.org/2000/svg', name)
    : document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key === 'on') for (const [event, heard] of Object.entries(value)) element.addEventListener(event, heard);
    else if (key === 'style')
      for (const [property, text] of Object.entries(value)) element.style.setProperty(property, text);
    else if (key === 'href' && !String(value).startsWith('#')) throw new Error('links lead to this page alone');
    else if (/^on/i.test(key)) throw new Error('listeners are functions');
    else element.setAttribute(key, value === true ? '' : String(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child !== undefined && child !== null && child !== false) element.append(child);
  }
  return element;
}

/** Takes the place of what was there; the keyboard stays where it was, and so does what was scrolled or opened. */
export function replace(parent, ...children) {
  const opened = new Set([...parent.querySelectorAll('details[open] > summary')].map(summary => summary.dataset.key));
  const focused = parent.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  const scrolled = [...parent.querySelectorAll('.scroll')].map(box => box.scrollLeft);
  parent.replaceChildren(...children.flat(Infinity).filter(child => child));
  [...parent.querySelectorAll('.scroll')].forEach((box, index) => {
    box.scrollLeft = scrolled[index] ?? 0;
  });
  for (const summary of parent.querySelectorAll('summary'))
    if (opened.has(summary.dataset.key)) summary.parentElement.open = true;
  if (!focused) return;
  for (const element of parent.querySelectorAll('[data-key]')) {
    if (element.dataset.key === focused) {
      element.focus({preventScroll: true});
      break;
    }
  }
}

/** Whether somebody is marking text in it, which a new text would undo. */
export function isMarked(element) {
  const selection = document.getSelection();
  return (
    selection && !selection.isCollapsed && selection.rangeCount > 0 && selection.getRangeAt(0).intersectsNode(element)
  );
}

/** A table: columns are {title, number, cell(row), head}; the cell of `head` names its row. */
export function table(label, columns, rows) {
  return h(
    'div',
    {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': label, 'data-key': `table ${label}`},
    h(
      'table',
      {'aria-label': label},
      h(
        'thead',
        null,
        h(
          'tr',
          null,
          columns.map(column =>
            h('th', {scope: 'col', class: column.number && 'number', title: column.about}, column.title),
          ),
        ),
      ),
      h(
        'tbody',
        null,
        rows.map(row =>
          h(
            'tr',
            null,
            columns.map(column =>
              h(
                column.head ? 'th' : 'td',
                {scope: column.head && 'row', class: column.number ? 'number' : column.class},
                column.cell(row),
              ),
            ),
          ),
        ),
      ),
    ),
  );
}

/** Text that narrows the page when it is chosen. */
export function narrowing(text, filter, view, about) {
  return h(
    'button',
    {
      type: 'button',
      class: 'link name',
      'data-key': `narrow ${filter}`,
      title: `Filter: ${filter}`,
      'aria-label': `${text}${about ? `, ${about}` : ''}: show only this`,
      on: {click: () => view.narrow(filter)},
    },
    text,
  );
}
