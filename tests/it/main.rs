mod syntax;
mod syntax_corpus;
