package io.sparkpeft.text.jinja;

import java.util.List;
import java.util.Map;

/** A parsed template. Immutable, and safe for concurrent rendering. */
public final class JinjaTemplate {
  private final List<Statement> statements;

  private JinjaTemplate(List<Statement> statements) {
    this.statements = statements;
  }

  /**
   * @throws JinjaException with the line, if the text is no template
   */
  public static JinjaTemplate parse(String source) {
    return new JinjaTemplate(new Parser(Lexer.tokens(source)).template());
  }

  /**
   * @param variables texts, numbers, booleans, null, and lists and maps of them
   * @throws JinjaException if the template fails, or raises an exception itself
   */
  public String render(Map<String, Object> variables) {
    StringBuilder text = new StringBuilder();
    Scope scope = new Scope(Functions.scope());
    variables.forEach(scope::set);
    Statement.renderAll(statements, scope, text);
    return text.toString();
  }
}
