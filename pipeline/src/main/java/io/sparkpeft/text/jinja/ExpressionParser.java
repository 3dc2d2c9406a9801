package io.sparkpeft.text.jinja;

import io.sparkpeft.text.jinja.Expression.ArgumentList;
import io.sparkpeft.text.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Expressions by recursive descent; a method per level of precedence, the loosest first. */
final class ExpressionParser {
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
  private static final Set<String> AFTER_TEST =
      Set.of("else", "or", "and", "is", "if", "in", "not");
  private static final Expression NONE = new Expression.Literal(null);

  private final TokenStream tokens;

  ExpressionParser(TokenStream tokens) {
    this.tokens = tokens;
  }

  /** An expression, or several with commas between them: a tuple. */
  Expression tuple() {
    Expression first = expression();
    if (!tokens.isOperator(",")) {
      return first;
    }
    List<Expression> elements = new ArrayList<>(List.of(first));
    while (tokens.takeOperator(",") && !tokens.is(Kind.BLOCK_END) && !tokens.isOperator(")")) {
      elements.add(expression());
    }
    return new Expression.ListOf(elements, true);
  }

  Expression expression() {
    Expression value = or();
    while (tokens.takeName("if")) {
      Expression condition = or();
      Optional<Expression> otherwise =
          tokens.takeName("else") ? Optional.of(expression()) : Optional.empty();
      value = new Expression.Choice(condition, value, otherwise);
    }
    return value;
  }

  /** An expression that leaves an {@code if} after it alone: what a for block goes through. */
  Expression or() {
    Expression left = and();
    while (tokens.takeName("or")) {
      left = new Expression.Or(left, and());
    }
    return left;
  }

  private Expression and() {
    Expression left = not();
    while (tokens.takeName("and")) {
      left = new Expression.And(left, not());
    }
    return left;
  }

  private Expression not() {
    return tokens.takeName("not") ? new Expression.Not(not()) : comparison();
  }

  private Expression comparison() {
    Expression first = sum();
    List<String> operators = new ArrayList<>();
    List<Expression> others = new ArrayList<>();
    for (Optional<String> next = comparator(); next.isPresent(); next = comparator()) {
      operators.add(next.get());
      others.add(sum());
    }
    return operators.isEmpty() ? first : new Expression.Comparison(first, operators, others);
  }

  private Optional<String> comparator() {
    if (tokens.is(Kind.OPERATOR) && COMPARISONS.contains(tokens.peek().text())) {
      return Optional.of(tokens.next().text());
    }
    if (tokens.takeName("in")) {
      return Optional.of("in");
    }
    if (tokens.isName("not") && tokens.peekSecond().is(Kind.NAME, "in")) {
      tokens.next();
      tokens.next();
      return Optional.of("not in");
    }
    return Optional.empty();
  }

  private Expression sum() {
    Expression left = concatenation();
    while (tokens.isOperator("+") || tokens.isOperator("-")) {
      Token operator = tokens.next();
      left = new Expression.Arithmetic(operator.text(), left, concatenation(), operator.line());
    }
    return left;
  }

  private Expression concatenation() {
    Expression left = product();
    while (tokens.takeOperator("~")) {
      left = new Expression.Concatenation(left, product());
    }
    return left;
  }

  private Expression product() {
    Expression left = power();
    while (tokens.isOperator("*")
        || tokens.isOperator("/")
        || tokens.isOperator("//")
        || tokens.isOperator("%")) {
      Token operator = tokens.next();
      left = new Expression.Arithmetic(operator.text(), left, power(), operator.line());
    }
    return left;
  }

  private Expression power() {
    Expression left = filtered(unary());
    while (tokens.isOperator("**")) {
      Token operator = tokens.next();
      left = new Expression.Arithmetic(operator.text(), left, filtered(unary()), operator.line());
    }
    return left;
  }

  private Expression unary() {
    if (tokens.takeOperator("-")) {
      return postfix(new Expression.Negative(unary()));
    }
    tokens.takeOperator("+");
    return postfix(primary());
  }

  private Expression postfix(Expression start) {
    Expression value = start;
    while (true) {
      if (tokens.takeOperator(".")) {
        value = member(value);
      } else if (tokens.takeOperator("[")) {
        value = subscript(value);
      } else if (tokens.isOperator("(")) {
        int line = tokens.line();
        value = new Expression.Call(value, arguments(), line);
      } else {
        return value;
      }
    }
  }

  private Expression member(Expression of) {
    if (tokens.is(Kind.INTEGER)) {
      return new Expression.Element(
          of, new Expression.Literal(Long.parseLong(tokens.next().text())));
    }
    return new Expression.Attribute(of, tokens.expect(Kind.NAME).text());
  }

  private Expression subscript(Expression of) {
    Expression from = tokens.isOperator(":") ? NONE : expression();
    if (tokens.takeOperator("]")) {
      return new Expression.Element(of, from);
    }
    tokens.expectOperator(":");
    Expression to = tokens.isOperator(":") || tokens.isOperator("]") ? NONE : expression();
    Expression step = NONE;
    if (tokens.takeOperator(":") && !tokens.isOperator("]")) {
      step = expression();
    }
    tokens.expectOperator("]");
    return new Expression.Slice(of, from, to, step);
  }

  /** Filters and tests behind a value; they bind tighter than all operators. */
  private Expression filtered(Expression start) {
    Expression value = start;
    while (true) {
      if (tokens.takeOperator("|")) {
        value = filter(value);
      } else if (tokens.takeName("is")) {
        value = test(value);
      } else if (tokens.isOperator("(")) {
        int line = tokens.line();
        value = new Expression.Call(value, arguments(), line);
      } else {
        return value;
      }
    }
  }

  private Expression filter(Expression value) {
    Token name = tokens.expect(Kind.NAME);
    return new Expression.Filter(
        value, Filters.find(name.text(), name.line()), optionalArguments());
  }

  /** The filter of a filter block. */
  Statement.FilterBlock filterBlock(java.util.function.Supplier<List<Statement>> body) {
    Token name = tokens.expect(Kind.NAME);
    Filters.Function function = Filters.find(name.text(), name.line());
    return new Statement.FilterBlock(function, optionalArguments(), body.get());
  }

  private ArgumentList optionalArguments() {
    return tokens.isOperator("(") ? arguments() : ArgumentList.NONE;
  }

  private Expression test(Expression value) {
    boolean negated = tokens.takeName("not");
    Token name = tokens.expect(Kind.NAME);
    Tests.Function function = Tests.find(name.text(), name.line());
    Expression test = new Expression.Test(value, function, testArguments());
    return negated ? new Expression.Not(test) : test;
  }

  private ArgumentList testArguments() {
    if (tokens.isOperator("(")) {
      return arguments();
    }
    boolean value =
        tokens.is(Kind.TEXT)
            || tokens.is(Kind.INTEGER)
            || tokens.is(Kind.DECIMAL)
            || tokens.isOperator("[")
            || tokens.isOperator("{")
            || (tokens.is(Kind.NAME) && !AFTER_TEST.contains(tokens.peek().text()));
    return value ? new ArgumentList(List.of(postfix(primary())), Map.of()) : ArgumentList.NONE;
  }

  ArgumentList arguments() {
    tokens.expectOperator("(");
    List<Expression> positional = new ArrayList<>();
    Map<String, Expression> named = new LinkedHashMap<>();
    while (!tokens.takeOperator(")")) {
      if (tokens.is(Kind.NAME) && tokens.peekSecond().is(Kind.OPERATOR, "=")) {
        String name = tokens.next().text();
        tokens.next();
        named.put(name, expression());
      } else if (tokens.takeOperator("*")) {
        positional.add(new Expression.Spread(expression()));
      } else {
        positional.add(expression());
      }
      if (!tokens.isOperator(")")) {
        tokens.expectOperator(",");
      }
    }
    return new ArgumentList(positional, named);
  }

  private Expression primary() {
    Token token = tokens.next();
    return switch (token.kind()) {
      case NAME -> named(token.text());
      case TEXT -> text(token.text());
      case INTEGER -> new Expression.Literal(Long.parseLong(token.text()));
      case DECIMAL -> new Expression.Literal(Double.parseDouble(token.text()));
      case OPERATOR -> bracket(token);
      default -> throw JinjaException.at(token.line(), "unexpected " + token);
    };
  }

  private static Expression named(String name) {
    return switch (name) {
      case "true", "True" -> new Expression.Literal(true);
      case "false", "False" -> new Expression.Literal(false);
      case "none", "None" -> NONE;
      default -> new Expression.Name(name);
    };
  }

  /** Texts side by side are one. */
  private Expression text(String first) {
    StringBuilder text = new StringBuilder(first);
    while (tokens.is(Kind.TEXT)) {
      text.append(tokens.next().text());
    }
    return new Expression.Literal(text.toString());
  }

  private Expression bracket(Token token) {
    return switch (token.text()) {
      case "(" -> parenthesis();
      case "[" -> new Expression.ListOf(elements("]"), false);
      case "{" -> dict();
      default -> throw JinjaException.at(token.line(), "unexpected " + token);
    };
  }

  private Expression parenthesis() {
    if (tokens.takeOperator(")")) {
      return new Expression.ListOf(List.of(), true);
    }
    Expression value = tuple();
    tokens.expectOperator(")");
    return value;
  }

  private List<Expression> elements(String end) {
    List<Expression> elements = new ArrayList<>();
    while (!tokens.takeOperator(end)) {
      elements.add(expression());
      if (!tokens.isOperator(end)) {
        tokens.expectOperator(",");
      }
    }
    return elements;
  }

  private Expression dict() {
    List<Expression> keys = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (!tokens.takeOperator("}")) {
      keys.add(expression());
      tokens.expectOperator(":");
      values.add(expression());
      if (!tokens.isOperator("}")) {
        tokens.expectOperator(",");
      }
    }
    return new Expression.DictOf(keys, values);
  }
}
