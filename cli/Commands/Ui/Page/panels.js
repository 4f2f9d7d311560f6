// What the page shows, in this order. Adding a panel is adding a file and its line.
import completeness from './panels/completeness.js';
import throughput from './panels/throughput.js';
import transactions from './panels/transactions.js';
import protocols from './panels/protocols.js';
import talkers from './panels/talkers.js';
import findings from './panels/findings.js';
import services from './panels/services.js';
import latest from './panels/latest.js';

/** A panel has: id, title, width ('half', 'third', else whole), note, ask(view, signal) → answer with `completeness`,
 *  isEmpty(answer), `nothing` (in words, without its end), render(answer, view) → nodes, and perhaps tools(view). */
export const panels = [completeness, throughput, transactions, protocols, talkers, findings, services, latest];
