/** Sorts a table by the column whose heading is pressed; the rows are complete without it. */
export const PAGE_SCRIPT = `
for (const button of document.querySelectorAll('th button')) {
  button.addEventListener('click', () => {
    const heading = button.closest('th');
    const body = heading.closest('table').tBodies[0];
    const column = heading.cellIndex;
    const isUp = heading.getAttribute('aria-sort') === 'descending';
    for (const other of heading.parentElement.children) other.removeAttribute('aria-sort');
    heading.setAttribute('aria-sort', isUp ? 'ascending' : 'descending');
    const valueOf = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
    const isNumeric = heading.classList.contains('number');
    const numberOf = (value) => (value === '' ? -Infinity : Number(value));
    const compare = (a, b) => (isNumeric ? numberOf(a) - numberOf(b) || 0 : a.localeCompare(b));
    const rows = [...body.rows].sort((a, b) => (isUp ? 1 : -1) * compare(valueOf(a), valueOf(b)));
    body.append(...rows);
  });
}
`;
