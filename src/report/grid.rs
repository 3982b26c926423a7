//! A section of the table: names at the left, figures at the right, never wider than the page. Intervals
//! stand beside their means while there is room, below them otherwise.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};

use super::figures::{Cell, shortened_alike};

/// Columns of characters on the page.
pub const PAGE_WIDTH: usize = 100;

/// Rows shown of a section; the rest is counted.
pub const MOST_ROWS: usize = 40;

/// Spaces between columns.
const GAP: u16 = 2;

/// Whether intervals stand below their means, and how many characters of a name are shown: the first
/// that fits the page is taken, the last if none does.
const LAYOUTS: [(bool, usize); 9] =
    [(false, 40), (false, 32), (false, 26), (false, 20), (true, 40), (true, 32), (true, 26), (true, 20), (true, 12)];

/// A column of figures.
struct Column {
    head: String,
    cells: Vec<Cell>,
}

/// A section under construction. Every column has one entry for each row.
pub struct Grid {
    names: Vec<(&'static str, Vec<String>)>,
    columns: Vec<Column>,
    rows: usize,
}

impl Grid {
    /// A section of `rows` rows.
    #[must_use]
    pub fn new(rows: usize) -> Grid {
        Grid { names: Vec::new(), columns: Vec::new(), rows }
    }

    /// Adds a column of names.
    #[must_use]
    pub fn names<'a>(mut self, head: &'static str, names: impl Iterator<Item = &'a str>) -> Grid {
        self.names.push((head, names.take(MOST_ROWS).map(str::to_owned).collect()));
        self
    }

    /// Adds a column of figures.
    #[must_use]
    pub fn column(self, head: impl Into<String>, cells: impl Iterator<Item = Cell>) -> Grid {
        self.add(head.into(), cells, true)
    }

    /// Adds a column of figures that is left out when all shown are 0 or absent.
    #[must_use]
    pub fn column_unless_zero(self, head: impl Into<String>, cells: impl Iterator<Item = Cell>) -> Grid {
        self.add(head.into(), cells, false)
    }

    fn add(mut self, head: String, cells: impl Iterator<Item = Cell>, always: bool) -> Grid {
        let cells: Vec<Cell> = cells.take(MOST_ROWS).collect();
        if always || cells.iter().any(|cell| !cell.zero) {
            self.columns.push(Column { head, cells });
        }
        self
    }

    /// The section as lines, each with its end; nothing when it has no rows. `what` names the rows in
    /// the plural.
    #[must_use]
    pub fn render(&self, what: &str) -> String {
        if self.rows == 0 {
            return String::new();
        }
        let fitting = LAYOUTS.iter().map(|(below, width)| self.table(*below, *width));
        let Some(table) = first_fitting(fitting) else { return String::new() };
        let mut text: String = table.lines().map(|line| format!("{}\n", line.trim_end())).collect();
        if let Some(more) = self.rows.checked_sub(MOST_ROWS).filter(|more| *more > 0) {
            text.push_str(&format!("… and {more} more {what}; `--format json` or `--format csv` lists all\n"));
        }
        text
    }

    fn table(&self, below: bool, name_width: usize) -> Table {
        let mut table = Table::new();
        table.load_style(NOTHING);
        let heads = self.names.iter().map(|(head, _)| (*head).to_owned());
        table.set_header(heads.chain(self.columns.iter().map(|column| column.head.clone())));
        let names: Vec<Vec<String>> = self.names.iter().map(|(_, names)| shortened_alike(names, name_width)).collect();
        let columns: Vec<Vec<String>> = self.columns.iter().map(|column| aligned(&column.cells, below)).collect();
        for row in 0..self.rows.min(MOST_ROWS) {
            let cells = names.iter().chain(&columns).map(|column| column.get(row).cloned().unwrap_or_default());
            table.add_row(cells);
        }
        for (index, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, GAP));
            if index >= self.names.len() {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table
    }
}

/// The first table that fits the page, or the last.
fn first_fitting(tables: impl Iterator<Item = Table>) -> Option<Table> {
    let mut last = None;
    for table in tables {
        if page_width(&table) <= PAGE_WIDTH {
            return Some(table);
        }
        last = Some(table);
    }
    last
}

/// Characters of the widest line.
fn page_width(table: &Table) -> usize {
    let widths = table.column_max_content_widths();
    widths.iter().map(|width| usize::from(*width) + usize::from(GAP)).sum::<usize>().saturating_sub(usize::from(GAP))
}

/// The cells of a column, their intervals and units under each other.
fn aligned(cells: &[Cell], below: bool) -> Vec<String> {
    let widest = |width: fn(&Cell) -> usize| cells.iter().map(width).max().unwrap_or(0);
    let half_width = widest(|cell| cell.half_width.as_ref().map_or(0, |half| half.chars().count()));
    let unit_width = widest(|cell| cell.unit.chars().count());
    let unit = |cell: &Cell| match unit_width {
        0 => String::new(),
        width => format!(" {:<width$}", cell.unit),
    };
    let one = |cell: &Cell| match &cell.half_width {
        None => format!("{}{}", cell.value, unit(cell)),
        Some(half) if below => format!("{}{unit}\n±{half}{unit}", cell.value, unit = unit(cell)),
        Some(half) => format!("{} ± {half:>half_width$}{}", cell.value, unit(cell)),
    };
    cells.iter().map(one).collect()
}
