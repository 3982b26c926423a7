//! Lays out setups: by the type before and the type to come, or by a value of the item.

use super::*;
use crate::base::quantity::to_f64;
use crate::ir::SetUpFor;
use crate::kernel::host::setup_key;

/// The draw records of setups, those of equal constants only once.
struct Records<'a> {
    name: &'a str,
    list: i64,
    constants: BTreeMap<String, i64>,
}

impl Records<'_> {
    fn of(
        &mut self,
        layout: &mut Layout,
        e: &Expression,
        purpose: &str,
        families: &mut Families,
    ) -> Result<i64, String> {
        let constant = e.constant().map(|q| q.value.to_string());
        if let Some(at) = constant.as_ref().and_then(|c| self.constants.get(c)) {
            return Ok(*at);
        }
        let (at, family) = layout.draw(e, self.name, purpose)?;
        families.insert(family);
        layout.image.put(at, draw::NEEDS, self.list);
        layout.image.put(at, draw::STATE, State::Setup.code());
        if let Some(c) = constant {
            self.constants.insert(c, at);
        }
        Ok(at)
    }
}

impl Layout<'_> {
    /// The setups of a station with their people, else those of the work: their table, the setup that is
    /// done anew, and whether they need people.
    pub(super) fn setups(
        &mut self,
        name: &str,
        suffix: &str,
        setup: &Setup,
        needs: Option<&[crate::ir::Need]>,
        list_of_work: i64,
        families: &mut Families,
    ) -> Result<(i64, i64, bool), String> {
        let list = match needs {
            Some(needed) => self.need_list(needed),
            None => list_of_work,
        };
        let mut records = Records { name, list, constants: BTreeMap::new() };
        let rest = match &setup.otherwise {
            Some(e) => records.of(self, e, &format!("setup{suffix}"), families)?,
            None => 0,
        };
        let at = match &setup.by {
            Some(by) => {
                let mut words = vec![self.value_law(by, name, "setup_by")?, rest, index(setup.values.len())];
                for (from, to, e) in &setup.values {
                    let at = records.of(self, e, &format!("setup:{from}->{to}{suffix}"), families)?;
                    words.extend([setup_key(to_f64(from)), setup_key(to_f64(to)), at]);
                }
                self.image.array(&words)
            }
            None => {
                let types = self.plant.items.len();
                let mut table = vec![0; types * types];
                for (at, place) in table.iter_mut().enumerate() {
                    if at / types != at % types {
                        *place = rest;
                    }
                }
                for (from, to, e) in &setup.pairs {
                    let plant = self.plant;
                    let item_name = |id: ItemId| plant.items.get(id).map_or("", |i| i.name.as_str());
                    let purpose = format!("setup:{}->{}{suffix}", item_name(*from), item_name(*to));
                    let at = records.of(self, e, &purpose, families)?;
                    if let Some(place) = table.get_mut(from.index() * types + to.index()) {
                        *place = at;
                    }
                }
                self.image.array(&table)
            }
        };
        Ok((at, rest, list != 0))
    }

    /// The setups before a visit: the station's, with the people of the visit, and its own. Whether they need
    /// people.
    #[allow(clippy::too_many_arguments)] // one fact each
    pub(super) fn visit_setups(
        &mut self,
        record: i64,
        name: &str,
        s: &Station,
        visited: &crate::ir::Visit,
        lists: &[i64],
        suffix: &str,
        families: &mut Families,
    ) -> Result<bool, String> {
        let first = lists.first().copied().unwrap_or(0);
        let mut any = false;
        if let Some(setup) = s.setup.as_ref().filter(|x| !x.by_recipe) {
            let needs = visited.setup_needs.as_deref().or(setup.needs.as_deref());
            let (table, anew, people) = self.setups(name, suffix, setup, needs, first, families)?;
            self.image.put(record, visit::SETUPS, table);
            self.image.put(record, visit::SETUP_ANEW, anew);
            any |= people;
        }
        if let Some(own) = &visited.setup
            && let Some(time) = &own.otherwise
        {
            let list = own.needs.as_ref().map_or(first, |needed| self.need_list(needed));
            let mut records = Records { name, list, constants: BTreeMap::new() };
            let at = records.of(self, time, &format!("setup.own{suffix}"), families)?;
            self.image.put(record, visit::SETUP, at);
            any |= list != 0;
        }
        Ok(any)
    }

    /// What the machines of a station are set up for at t = 0.
    pub(super) fn set_up_at_start(&mut self, setup: &Setup, first: i64, machines: u64) {
        let key = match &setup.initially {
            None => return,
            Some(SetUpFor::Item(id)) => index(id.index()) + 1,
            Some(SetUpFor::Value(v)) => setup_key(to_f64(v)),
        };
        for m in 0..count(machines) {
            self.image.put(first + m * index(machine::WORDS * 8), machine::SET_UP, key);
        }
    }
}
