package io.sparkpeft.text.jinja;

import io.sparkpeft.text.jinja.Token.Kind;
import java.util.List;

/** Tokens with a place in them. */
final class TokenStream {
  private final List<Token> tokens;
  private int at;

  TokenStream(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token peek() {
    return tokens.get(at);
  }

  Token peekSecond() {
    return tokens.get(Math.min(at + 1, tokens.size() - 1));
  }

  Token next() {
    Token token = tokens.get(at);
    at = Math.min(at + 1, tokens.size() - 1);
    return token;
  }

  int line() {
    return peek().line();
  }

  boolean isOperator(String text) {
    return peek().is(Kind.OPERATOR, text);
  }

  boolean isName(String text) {
    return peek().is(Kind.NAME, text);
  }

  boolean is(Kind kind) {
    return peek().kind() == kind;
  }

  /** Steps over an operator if it comes next. */
  boolean takeOperator(String text) {
    boolean comes = isOperator(text);
    if (comes) {
      next();
    }
    return comes;
  }

  /** Steps over a word if it comes next. */
  boolean takeName(String text) {
    boolean comes = isName(text);
    if (comes) {
      next();
    }
    return comes;
  }

  Token expect(Kind kind) {
    if (!is(kind)) {
      throw unexpected();
    }
    return next();
  }

  void expectOperator(String text) {
    if (!takeOperator(text)) {
      throw unexpected("expected '" + text + "'");
    }
  }

  void expectName(String text) {
    if (!takeName(text)) {
      throw unexpected("expected '" + text + "'");
    }
  }

  JinjaException unexpected() {
    return JinjaException.at(line(), "unexpected " + peek());
  }

  private JinjaException unexpected(String instead) {
    return JinjaException.at(line(), instead + ", not " + peek());
  }
}
