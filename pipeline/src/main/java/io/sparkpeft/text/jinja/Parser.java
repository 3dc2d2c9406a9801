package io.sparkpeft.text.jinja;

import io.sparkpeft.text.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Statements by recursive descent. */
final class Parser {
  private final TokenStream tokens;
  private final ExpressionParser expressions;

  Parser(List<Token> tokens) {
    this.tokens = new TokenStream(tokens);
    this.expressions = new ExpressionParser(this.tokens);
  }

  List<Statement> template() {
    List<Statement> statements = until(Set.of());
    tokens.expect(Kind.END);
    return statements;
  }

  /** Statements up to a block with one of these names, whose beginning is then passed. */
  private List<Statement> until(Set<String> ends) {
    List<Statement> statements = new ArrayList<>();
    while (true) {
      if (tokens.is(Kind.DATA)) {
        statements.add(new Statement.Data(tokens.next().text()));
      } else if (tokens.is(Kind.PRINT_BEGIN)) {
        tokens.next();
        statements.add(new Statement.Print(expressions.tuple()));
        tokens.expect(Kind.PRINT_END);
      } else if (tokens.is(Kind.BLOCK_BEGIN)) {
        tokens.next();
        if (ends.contains(tokens.peek().text())) {
          return statements;
        }
        statements.add(block());
      } else if (ends.isEmpty()) {
        return statements;
      } else {
        throw JinjaException.at(tokens.line(), "missing " + String.join(" or ", ends));
      }
    }
  }

  /** The body of a block up to its end tag, which is passed whole. */
  private List<Statement> body(String end) {
    tokens.expect(Kind.BLOCK_END);
    List<Statement> statements = until(Set.of(end));
    tokens.expectName(end);
    if (tokens.is(Kind.NAME)) {
      tokens.next(); // endmacro may repeat the macro's name
    }
    tokens.expect(Kind.BLOCK_END);
    return statements;
  }

  private Statement block() {
    Token name = tokens.expect(Kind.NAME);
    return switch (name.text()) {
      case "if" -> condition();
      case "for" -> loop();
      case "set" -> assignment();
      case "macro" -> macro();
      case "call" -> call(name.line());
      case "filter" -> expressions.filterBlock(() -> body("endfilter"));
      case "generation" -> new Statement.Body(body("endgeneration"));
      case "break" -> jump(Statement.Flow.BREAK);
      case "continue" -> jump(Statement.Flow.CONTINUE);
      default -> throw JinjaException.at(name.line(), "unknown tag " + name);
    };
  }

  private Statement jump(Statement.Flow flow) {
    tokens.expect(Kind.BLOCK_END);
    return new Statement.Jump(flow);
  }

  private Statement condition() {
    Expression condition = expressions.tuple();
    tokens.expect(Kind.BLOCK_END);
    List<Statement> then = until(Set.of("elif", "else", "endif"));
    List<Statement> otherwise = List.of();
    Token next = tokens.next();
    if (next.text().equals("elif")) {
      return new Statement.If(condition, then, List.of(condition()));
    }
    if (next.text().equals("else")) {
      otherwise = body("endif");
    } else {
      tokens.expect(Kind.BLOCK_END);
    }
    return new Statement.If(condition, then, otherwise);
  }

  private Statement loop() {
    List<String> targets = targets();
    tokens.expectName("in");
    Expression over = expressions.or();
    Optional<Expression> filter =
        tokens.takeName("if") ? Optional.of(expressions.expression()) : Optional.empty();
    tokens.expect(Kind.BLOCK_END);
    List<Statement> body = until(Set.of("else", "endfor"));
    if (tokens.next().text().equals("else")) {
      return new Statement.For(targets, over, filter, body, body("endfor"));
    }
    tokens.expect(Kind.BLOCK_END);
    return new Statement.For(targets, over, filter, body, List.of());
  }

  private List<String> targets() {
    boolean bracket = tokens.takeOperator("(");
    List<String> names = new ArrayList<>();
    do {
      names.add(tokens.expect(Kind.NAME).text());
    } while (tokens.takeOperator(","));
    if (bracket) {
      tokens.expectOperator(")");
    }
    return names;
  }

  private Statement assignment() {
    List<String> targets = targets();
    if (tokens.takeOperator(".")) {
      String attribute = tokens.expect(Kind.NAME).text();
      tokens.expectOperator("=");
      Statement statement =
          new Statement.SetAttribute(targets.get(0), attribute, expressions.tuple());
      tokens.expect(Kind.BLOCK_END);
      return statement;
    }
    if (tokens.is(Kind.BLOCK_END)) {
      return new Statement.SetBlock(targets.get(0), body("endset"));
    }
    tokens.expectOperator("=");
    Statement statement = new Statement.Set(targets, expressions.tuple());
    tokens.expect(Kind.BLOCK_END);
    return statement;
  }

  private Statement call(int line) {
    if (!(expressions.expression() instanceof Expression.Call call)) {
      throw JinjaException.at(line, "'call' is followed by a call");
    }
    return new Statement.CallBlock(call, body("endcall"));
  }

  private Statement macro() {
    String name = tokens.expect(Kind.NAME).text();
    List<String> parameters = new ArrayList<>();
    Map<String, Expression> defaults = new LinkedHashMap<>();
    tokens.expectOperator("(");
    while (!tokens.takeOperator(")")) {
      String parameter = tokens.expect(Kind.NAME).text();
      parameters.add(parameter);
      if (tokens.takeOperator("=")) {
        defaults.put(parameter, expressions.expression());
      }
      if (!tokens.isOperator(")")) {
        tokens.expectOperator(",");
      }
    }
    return new Statement.Macro(name, parameters, defaults, body("endmacro"));
  }
}
