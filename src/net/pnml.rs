//! Place/transition nets in PNML (ISO/IEC 15909-2), read and written.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{Net, Place, Transition};

/// Arcs, places and transitions a file may have.
const ELEMENTS: usize = 2_000_000;

/// The net of a PNML document.
///
/// # Errors
/// What is wrong with it, in a sentence, with the byte where it is. O(length).
pub fn read_pnml(text: &str) -> Result<(String, Net), String> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().trim_text(true);
    let mut reading = Reading::default();
    loop {
        let at = reader.buffer_position();
        let wrong = |why: String| format!("{why}, at byte {at}");
        match reader.read_event() {
            Ok(Event::Start(tag)) => reading.open(&tag, false).map_err(wrong)?,
            Ok(Event::Empty(tag)) => reading.open(&tag, true).map_err(wrong)?,
            Ok(Event::Text(text)) => {
                let text = text.xml_content(quick_xml::XmlVersion::Implicit1_0);
                reading.text(&text).map_err(wrong)?;
            }
            Ok(Event::End(_)) => reading.close(),
            Ok(Event::Eof) => break,
            Ok(_) => {}
            Err(why) => return Err(wrong(format!("this is no XML: {why}"))),
        }
        if reading.arcs.len() + reading.net.places.len() + reading.net.transitions.len() > ELEMENTS {
            return Err(format!("the net has more than {ELEMENTS} elements"));
        }
    }
    reading.finish()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Net,
    Place,
    Transition,
    Arc,
    Marking,
    Weight,
    Other,
}

struct Arc {
    from: String,
    to: String,
    weight: u64,
}

#[derive(Default)]
struct Reading {
    open: Vec<(What, String)>,
    net: Net,
    name: String,
    nets: usize,
    places: BTreeMap<String, usize>,
    transitions: BTreeMap<String, usize>,
    arcs: Vec<Arc>,
}

impl Reading {
    fn open(&mut self, tag: &BytesStart, empty: bool) -> Result<(), String> {
        let name = tag.local_name().as_ref().to_string();
        let mut attributes = BTreeMap::new();
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|e| e.to_string())?;
            let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).map_err(|e| e.to_string())?;
            attributes.insert(attribute.key.local_name().as_ref().to_string(), value.into_owned());
        }
        let id = |what: &str| attributes.get("id").cloned().ok_or_else(|| format!("{what} without `id`"));
        let what = match name.as_str() {
            "net" => {
                self.nets += 1;
                if self.nets > 1 {
                    return Err("the document has several nets, and one is read".to_string());
                }
                if let Some(kind) = attributes.get("type")
                    && !(kind.ends_with("ptnet")
                        || kind.to_ascii_lowercase().contains("ptnet")
                        || kind.contains("pnmlcoremodel"))
                {
                    return Err(format!("nets of type `{kind}` are not place/transition nets"));
                }
                self.name = attributes.get("id").cloned().unwrap_or_default();
                What::Net
            }
            "place" => {
                let id = id("a place")?;
                self.new_name(&id)?;
                self.places.insert(id.clone(), self.net.places.len());
                self.net.places.push(Place { name: id, tokens: 0, moves: false });
                What::Place
            }
            "transition" => {
                let id = id("a transition")?;
                self.new_name(&id)?;
                self.transitions.insert(id.clone(), self.net.transitions.len());
                self.net.transitions.push(Transition { name: id, ..Transition::default() });
                What::Transition
            }
            "arc" => {
                let end = |end: &str| attributes.get(end).cloned().ok_or_else(|| format!("an arc without `{end}`"));
                if let Some(kind) = attributes.get("type").filter(|k| *k != "normal") {
                    return Err(format!("arcs of type `{kind}` are not known to place/transition nets"));
                }
                self.arcs.push(Arc { from: end("source")?, to: end("target")?, weight: 1 });
                What::Arc
            }
            "initialMarking" => What::Marking,
            "inscription" => What::Weight,
            _ => What::Other,
        };
        if !empty {
            self.open.push((what, name));
        }
        Ok(())
    }

    fn new_name(&self, id: &str) -> Result<(), String> {
        if self.places.contains_key(id) || self.transitions.contains_key(id) {
            return Err(format!("two elements have the id `{id}`"));
        }
        Ok(())
    }

    fn close(&mut self) {
        self.open.pop();
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        let inside = |what: What| self.open.iter().any(|(w, _)| *w == what);
        // Only what stands in `<text>`: tools write positions and names beside it.
        if self.open.last().is_none_or(|(_, name)| name != "text") {
            return Ok(());
        }
        let number = || text.trim().parse::<u64>().map_err(|_| format!("`{}` is no number of tokens", text.trim()));
        if inside(What::Marking) && inside(What::Place) {
            let tokens = number()?;
            if let Some(place) = self.net.places.last_mut() {
                place.tokens = tokens;
            }
        } else if inside(What::Weight) && inside(What::Arc) {
            let weight = number()?;
            if weight == 0 {
                return Err("an arc has the weight 0".to_string());
            }
            if let Some(arc) = self.arcs.last_mut() {
                arc.weight = weight;
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(String, Net), String> {
        if self.nets == 0 {
            return Err("the document has no `net`".to_string());
        }
        if !self.open.is_empty() {
            return Err("the document ends inside an element".to_string());
        }
        for arc in &self.arcs {
            let place = |id: &str| self.places.get(id).copied();
            let transition = |id: &str| self.transitions.get(id).copied();
            let (list, p) = match (place(&arc.from), transition(&arc.to), transition(&arc.from), place(&arc.to)) {
                (Some(p), Some(t), _, _) => (self.net.transitions.get_mut(t).map(|t| &mut t.takes), p),
                (_, _, Some(t), Some(p)) => (self.net.transitions.get_mut(t).map(|t| &mut t.gives), p),
                _ => {
                    return Err(format!(
                        "the arc from `{}` to `{}` does not join a place and a transition",
                        arc.from, arc.to
                    ));
                }
            };
            let Some(list) = list else { continue };
            match list.iter_mut().find(|(q, _)| *q == p) {
                Some((_, n)) => *n = n.checked_add(arc.weight).ok_or("a weight is too large")?,
                None => list.push((p, arc.weight)),
            }
        }
        Ok((self.name, self.net))
    }
}

/// A net as a PNML document.
#[must_use]
pub fn write_pnml(name: &str, net: &Net) -> String {
    let escape = |text: &str| quick_xml::escape::escape(text).into_owned();
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<pnml xmlns=\"http://www.pnml.org/version-2009/grammar/pnml\">\n",
    );
    text.push_str(&format!(
        "  <net id=\"net\" type=\"http://www.pnml.org/version-2009/grammar/ptnet\">\n    <name><text>{}</text></name>\n    <page id=\"page\">\n",
        escape(name)
    ));
    for (at, place) in net.places.iter().enumerate() {
        text.push_str(&format!("      <place id=\"p{at}\"><name><text>{}</text></name>", escape(&place.name)));
        if place.tokens > 0 {
            text.push_str(&format!("<initialMarking><text>{}</text></initialMarking>", place.tokens));
        }
        text.push_str("</place>\n");
    }
    for (at, t) in net.transitions.iter().enumerate() {
        text.push_str(&format!(
            "      <transition id=\"t{at}\"><name><text>{}</text></name></transition>\n",
            escape(&t.name)
        ));
    }
    let mut arcs = 0usize;
    let mut arc = |text: &mut String, from: String, to: String, weight: u64| {
        let inscription =
            if weight == 1 { String::new() } else { format!("<inscription><text>{weight}</text></inscription>") };
        text.push_str(&format!("      <arc id=\"a{arcs}\" source=\"{from}\" target=\"{to}\">{inscription}</arc>\n"));
        arcs += 1;
    };
    for (at, t) in net.transitions.iter().enumerate() {
        for (p, n) in &t.takes {
            arc(&mut text, format!("p{p}"), format!("t{at}"), *n);
        }
        for (p, n) in &t.gives {
            arc(&mut text, format!("t{at}"), format!("p{p}"), *n);
        }
    }
    text.push_str("    </page>\n  </net>\n</pnml>\n");
    text
}
