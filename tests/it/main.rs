mod syntax;
mod syntax_corpus;
mod syntax_errors;
mod syntax_grammar;
mod syntax_soup;
