package io.sparkpeft.text.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What has a value. */
@FunctionalInterface
interface Expression {
  Object evaluate(Scope scope);

  record Literal(Object value) implements Expression {
    @Override
    public Object evaluate(Scope scope) {
      return value;
    }
  }

  record Name(String name) implements Expression {
    @Override
    public Object evaluate(Scope scope) {
      return scope.find(name);
    }
  }

  record Attribute(Expression of, String name) implements Expression {
    @Override
    public Object evaluate(Scope scope) {
      return Values.attribute(of.evaluate(scope), name);
    }
  }

  record Element(Expression of, Expression key) implements Expression {
    @Override
    public Object evaluate(Scope scope) {
      return Values.element(of.evaluate(scope), key.evaluate(scope));
    }
  }

  /** Parts left out are literals of none. */
  record Slice(Expression of, Expression from, Expression to, Expression step)
      implements Expression {
    @Override
    public Object evaluate(Scope scope) {
      return Values.slice(
          of.evaluate(scope), from.evaluate(scope), to.evaluate(scope), step.evaluate(scope));
    }
  }

  record ListOf(List<Expression> elements, boolean tuple) implements Expression {
    @Override
    public Object evaluate(Scope scope) {
      List<Object> values = new ArrayList<>();
      elements.forEach(element -> values.add(element.evaluate(scope)));
      return tuple ? new Tuple(values) : values;
    }
  }

  record DictOf(List<Expression> keys, List<Expression> values) implements Expression {
    @Override
    public Object evaluate(Scope scope) {
      Map<Object, Object> map = new LinkedHashMap<>();
      for (int i = 0; i < keys.size(); i++) {
        map.put(keys.get(i).evaluate(scope), values.get(i).evaluate(scope));
      }
      return map;
    }
  }

  record Call(Expression callee, ArgumentList arguments, int line) implements Expression {
    @Override
    public Object evaluate(Scope scope) {
      Object function = callee.evaluate(scope);
      if (function instanceof Callable callable) {
        return callable.call(arguments.evaluate(scope));
      }
      if (function instanceof Undefined undefined) {
        throw JinjaException.at(line, undefined.refused().getMessage());
      }
      throw JinjaException.at(line, Values.repr(function) + " cannot be called");
    }
  }

  record Filter(Expression value, Filters.Function function, ArgumentList arguments)
      implements Expression {
    @Override
    public Object evaluate(Scope scope) {
      return function.apply(value.evaluate(scope), arguments.evaluate(scope));
    }
  }

  record Test(Expression value, Tests.Function function, ArgumentList arguments)
      implements Expression {
    @Override
    public Object evaluate(Scope scope) {
      return function.test(value.evaluate(scope), arguments.evaluate(scope));
    }
  }

  record Not(Expression value) implements Expression {
    @Override
    public Object evaluate(Scope scope) {
      return !Values.isTrue(value.evaluate(scope));
    }
  }

  record Negative(Expression value) implements Expression {
    @Override
    public Object evaluate(Scope scope) {
      return Numbers.negated(value.evaluate(scope));
    }
  }

  record And(Expression left, Expression right) implements Expression {
    @Override
    public Object evaluate(Scope scope) {
      Object value = left.evaluate(scope);
      return Values.isTrue(value) ? right.evaluate(scope) : value;
    }
  }

  record Or(Expression left, Expression right) implements Expression {
    @Override
    public Object evaluate(Scope scope) {
      Object value = left.evaluate(scope);
      return Values.isTrue(value) ? value : right.evaluate(scope);
    }
  }

  record Choice(Expression condition, Expression then, Optional<Expression> otherwise)
      implements Expression {
    @Override
    public Object evaluate(Scope scope) {
      if (Values.isTrue(condition.evaluate(scope))) {
        return then.evaluate(scope);
      }
      return otherwise.isPresent()
          ? otherwise.get().evaluate(scope)
          : new Undefined("the inline if-expression without an else");
    }
  }

  record Concatenation(Expression left, Expression right) implements Expression {
    @Override
    public Object evaluate(Scope scope) {
      return Values.text(left.evaluate(scope)) + Values.text(right.evaluate(scope));
    }
  }

  record Arithmetic(String operator, Expression left, Expression right, int line)
      implements Expression {
    @Override
    public Object evaluate(Scope scope) {
      Object a = left.evaluate(scope);
      Object b = right.evaluate(scope);
      if (a instanceof Undefined undefined) {
        throw JinjaException.at(line, undefined.refused().getMessage());
      }
      if (b instanceof Undefined undefined) {
        throw JinjaException.at(line, undefined.refused().getMessage());
      }
      return Numbers.apply(operator, a, b);
    }
  }

  /** {@code a < b == c}: every neighbouring pair must agree. */
  record Comparison(Expression first, List<String> operators, List<Expression> others)
      implements Expression {
    @Override
    public Object evaluate(Scope scope) {
      Object left = first.evaluate(scope);
      for (int i = 0; i < operators.size(); i++) {
        Object right = others.get(i).evaluate(scope);
        if (!holds(operators.get(i), left, right)) {
          return false;
        }
        left = right;
      }
      return true;
    }

    private static boolean holds(String operator, Object a, Object b) {
      return switch (operator) {
        case "==" -> Values.areEqual(a, b);
        case "!=" -> !Values.areEqual(a, b);
        case "in" -> Values.contains(b, a);
        case "not in" -> !Values.contains(b, a);
        case "<" -> Values.compare(a, b) < 0;
        case "<=" -> Values.compare(a, b) <= 0;
        case ">" -> Values.compare(a, b) > 0;
        default -> Values.compare(a, b) >= 0;
      };
    }
  }

  /** {@code *list} among a call's arguments: its elements are arguments of their own. */
  record Spread(Expression list) implements Expression {
    @Override
    public Object evaluate(Scope scope) {
      return list.evaluate(scope);
    }
  }

  /** The arguments of a call, in their order. */
  record ArgumentList(List<Expression> positional, Map<String, Expression> named) {
    static final ArgumentList NONE = new ArgumentList(List.of(), Map.of());

    Arguments evaluate(Scope scope) {
      if (positional.isEmpty() && named.isEmpty()) {
        return Arguments.NONE;
      }
      List<Object> values = new ArrayList<>();
      for (Expression argument : positional) {
        Object value = argument.evaluate(scope);
        if (argument instanceof Spread) {
          values.addAll(Values.elements(value));
        } else {
          values.add(value);
        }
      }
      Map<String, Object> byName = new LinkedHashMap<>();
      named.forEach((name, argument) -> byName.put(name, argument.evaluate(scope)));
      return new Arguments(values, byName);
    }
  }
}
