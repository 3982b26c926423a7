//! Lays out stations whose next work has to be searched: several recipes, items with equal keys.

use super::*;
use crate::kernel::layout::recipe;
use crate::kernel::search::{Wanted, WantedPart};

impl Layout<'_> {
    /// Item types that a recipe makes, in order.
    pub(super) fn products(&self, recipe: &crate::ir::Recipe) -> Vec<i64> {
        let one =
            |p: &crate::ir::Part| std::iter::repeat_n(index(p.item.index()), usize::try_from(p.minimum).unwrap_or(0));
        recipe.makes.iter().flat_map(one).collect()
    }

    /// The recipes of a station and what they look for. Whether their work needs people.
    pub(super) fn recipes(
        &mut self,
        record: i64,
        name: &str,
        s: &Station,
        families: &mut Families,
    ) -> Result<bool, String> {
        let types = self.plant.items.len();
        let mut search = Search::default();
        let mut any_needs = false;
        for r in &s.recipes {
            let mut wanted = Wanted::default();
            for (item, least, most) in r.gathered() {
                let goes = |t: usize| item.is_none_or(|w| self.is_a(ItemId::new(t), w));
                let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
                wanted.parts.push(WantedPart {
                    types: (0..types).map(goes).collect(),
                    least: size(least),
                    most: size(most),
                });
            }
            if let Some(key) = &r.same {
                let purpose = if r.name.is_empty() { "same".to_string() } else { format!("{}.same", r.name) };
                wanted.same = Some(self.value_law(key, name, &purpose)?);
            }
            let wait = r.wait_at_most.as_ref().and_then(Expression::constant);
            wanted.wait = wait.and_then(|q| crate::base::Ticks::from_seconds(&q.value)).map_or(0, |t| t.0);
            if s.recipes.len() > 1 {
                wanted.record = self.recipe_record(name, r, families, &mut any_needs)?;
            }
            search.recipes.push(wanted);
        }
        self.searches.push(search);
        self.image.put(record, station::SEARCH, index(self.searches.len() - 1));
        Ok(any_needs)
    }

    fn recipe_record(
        &mut self,
        name: &str,
        r: &crate::ir::Recipe,
        families: &mut Families,
        any_needs: &mut bool,
    ) -> Result<i64, String> {
        let at = self.image.alloc(recipe::WORDS);
        let mut lists: Vec<i64> = Vec::new();
        for phase in &r.phases {
            let kept = lists.last().copied().filter(|_| phase.keeps);
            let list = kept.unwrap_or_else(|| self.need_list(&phase.needs));
            lists.push(list);
        }
        *any_needs |= lists.iter().any(|l| *l != 0);
        let entity = format!("{name}.{}", r.name);
        if r.phases.iter().any(|p| matches!(p.duration, Expression::ByItem(..))) {
            let mut by_type = vec![0; self.plant.items.len()];
            for (t, place) in by_type.iter_mut().enumerate() {
                let item_name = self.plant.items.get(ItemId::new(t)).map_or("", |i| i.name.as_str());
                let suffix = format!(":{item_name}");
                *place = self.steps(&r.phases, &lists, ItemId::new(t), &entity, &suffix, families)?.unwrap_or(0);
            }
            let table = self.image.array(&by_type);
            self.image.put(at, recipe::WORK_TABLE, table);
        } else if let Some(first) = self.steps(&r.phases, &lists, ItemId::new(0), &entity, "", families)? {
            self.image.put(at, recipe::WORK, first);
        }
        if let Some(setup) = &r.setup
            && let Some(time) = &setup.otherwise
        {
            let list = match &setup.needs {
                Some(needed) => self.need_list(needed),
                None => lists.first().copied().unwrap_or(0),
            };
            *any_needs |= list != 0;
            let (record, family) = self.draw(time, &entity, "setup")?;
            families.insert(family);
            self.image.put(record, draw::NEEDS, list);
            self.image.put(record, draw::STATE, State::Setup.code());
            self.image.put(at, recipe::SETUP, record);
        }
        let makes = self.products(r);
        self.image.put(at, recipe::NUMBER, index(makes.len()));
        let birth = match r.birth {
            crate::ir::Birth::Oldest => 0,
            crate::ir::Birth::Main => 1,
            crate::ir::Birth::Now => 2,
        };
        self.image.put(at, recipe::BIRTH, birth);
        let makes = self.image.array(&makes);
        self.image.put(at, recipe::MAKES, makes);
        Ok(at)
    }
}
