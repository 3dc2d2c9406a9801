package io.sparkpeft.text.jinja;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What writes text or changes names. */
interface Statement {
  /** What a statement means for those after it. */
  enum Flow {
    ON,
    BREAK,
    CONTINUE
  }

  Flow render(Scope scope, StringBuilder text);

  static Flow renderAll(List<Statement> statements, Scope scope, StringBuilder text) {
    for (Statement statement : statements) {
      Flow flow = statement.render(scope, text);
      if (flow != Flow.ON) {
        return flow;
      }
    }
    return Flow.ON;
  }

  record Data(String data) implements Statement {
    @Override
    public Flow render(Scope scope, StringBuilder text) {
      text.append(data);
      return Flow.ON;
    }
  }

  record Print(Expression value) implements Statement {
    @Override
    public Flow render(Scope scope, StringBuilder text) {
      text.append(Values.text(value.evaluate(scope)));
      return Flow.ON;
    }
  }

  /** Statements in the scope they stand in, such as the generation tag's. */
  record Body(List<Statement> statements) implements Statement {
    @Override
    public Flow render(Scope scope, StringBuilder text) {
      return renderAll(statements, scope, text);
    }
  }

  record If(Expression condition, List<Statement> then, List<Statement> otherwise)
      implements Statement {
    @Override
    public Flow render(Scope scope, StringBuilder text) {
      return renderAll(Values.isTrue(condition.evaluate(scope)) ? then : otherwise, scope, text);
    }
  }

  /** Leaves or restarts the loop it stands in. */
  record Jump(Flow flow) implements Statement {
    @Override
    public Flow render(Scope scope, StringBuilder text) {
      return flow;
    }
  }

  record For(
      List<String> targets,
      Expression over,
      Optional<Expression> filter,
      List<Statement> body,
      List<Statement> otherwise)
      implements Statement {
    @Override
    public Flow render(Scope scope, StringBuilder text) {
      List<Object> elements = selected(scope);
      int depth = scope.find("loop") instanceof Loop outer ? outer.depth() + 1 : 1;
      for (int i = 0; i < elements.size(); i++) {
        Scope inner = new Scope(scope);
        Targets.assign(targets, elements.get(i), inner);
        inner.set("loop", new Loop(elements, i, depth));
        if (renderAll(body, inner, text) == Flow.BREAK) {
          return Flow.ON;
        }
      }
      return elements.isEmpty() ? renderAll(otherwise, scope, text) : Flow.ON;
    }

    private List<Object> selected(Scope scope) {
      List<Object> all = Values.elements(over.evaluate(scope));
      if (filter.isEmpty()) {
        return all;
      }
      List<Object> kept = new ArrayList<>();
      for (Object element : all) {
        Scope inner = new Scope(scope);
        Targets.assign(targets, element, inner);
        if (Values.isTrue(filter.get().evaluate(inner))) {
          kept.add(element);
        }
      }
      return kept;
    }
  }

  record Set(List<String> targets, Expression value) implements Statement {
    @Override
    public Flow render(Scope scope, StringBuilder text) {
      Targets.assign(targets, value.evaluate(scope), scope);
      return Flow.ON;
    }
  }

  record SetAttribute(String namespace, String attribute, Expression value) implements Statement {
    @Override
    public Flow render(Scope scope, StringBuilder text) {
      if (!(scope.find(namespace) instanceof Namespace object)) {
        throw new JinjaException("'" + namespace + "' is no namespace");
      }
      object.set(attribute, value.evaluate(scope));
      return Flow.ON;
    }
  }

  /** The text of a block, as a value. */
  record SetBlock(String target, List<Statement> body) implements Statement {
    @Override
    public Flow render(Scope scope, StringBuilder text) {
      StringBuilder inner = new StringBuilder();
      renderAll(body, new Scope(scope), inner);
      scope.set(target, inner.toString());
      return Flow.ON;
    }
  }

  /** The text of a block, filtered. */
  record FilterBlock(
      Filters.Function function, Expression.ArgumentList arguments, List<Statement> body)
      implements Statement {
    @Override
    public Flow render(Scope scope, StringBuilder text) {
      StringBuilder inner = new StringBuilder();
      renderAll(body, new Scope(scope), inner);
      text.append(Values.text(function.apply(inner.toString(), arguments.evaluate(scope))));
      return Flow.ON;
    }
  }

  /** A call whose macro may render the block's body by {@code caller()}. */
  record CallBlock(Expression.Call call, List<Statement> body) implements Statement {
    @Override
    public Flow render(Scope scope, StringBuilder text) {
      Callable caller =
          arguments -> {
            StringBuilder inner = new StringBuilder();
            renderAll(body, new Scope(scope), inner);
            return inner.toString();
          };
      Map<String, Expression> named = new LinkedHashMap<>(call.arguments().named());
      named.put(Macro.CALLER, new Expression.Literal(caller));
      Expression.ArgumentList arguments =
          new Expression.ArgumentList(call.arguments().positional(), named);
      Expression withCaller = new Expression.Call(call.callee(), arguments, call.line());
      text.append(Values.text(withCaller.evaluate(scope)));
      return Flow.ON;
    }
  }

  record Macro(
      String name, List<String> parameters, Map<String, Expression> defaults, List<Statement> body)
      implements Statement {
    private static final String CALLER = "caller";

    @Override
    public Flow render(Scope scope, StringBuilder text) {
      scope.set(name, (Callable) arguments -> call(scope, arguments));
      return Flow.ON;
    }

    private String call(Scope definition, Arguments arguments) {
      Scope inner = new Scope(definition);
      if (arguments.named().containsKey(CALLER)) {
        inner.set(CALLER, arguments.named().get(CALLER));
      }
      for (int i = 0; i < parameters.size(); i++) {
        String parameter = parameters.get(i);
        boolean given = arguments.has(i, parameter);
        inner.set(parameter, given ? arguments.get(i, parameter, "") : byDefault(parameter, inner));
      }
      StringBuilder text = new StringBuilder();
      renderAll(body, inner, text);
      return text.toString();
    }

    private Object byDefault(String parameter, Scope scope) {
      return defaults.containsKey(parameter)
          ? defaults.get(parameter).evaluate(scope)
          : new Undefined(parameter);
    }
  }

  /** Assignment to one name, or to several at once. */
  final class Targets {
    private Targets() {}

    static void assign(List<String> targets, Object value, Scope scope) {
      if (targets.size() == 1) {
        scope.set(targets.get(0), value);
        return;
      }
      List<Object> elements = Values.elements(value);
      if (elements.size() != targets.size()) {
        throw new JinjaException(
            elements.size() + " values for the names " + String.join(", ", targets));
      }
      Map<String, Object> values = new HashMap<>();
      for (int i = 0; i < targets.size(); i++) {
        values.put(targets.get(i), elements.get(i));
      }
      values.forEach(scope::set);
    }
  }
}
