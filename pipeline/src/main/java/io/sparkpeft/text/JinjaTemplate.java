package io.sparkpeft.text;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.LegacyOverrides;
import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.interpret.RenderResult;
import com.hubspot.jinjava.interpret.TemplateError;
import java.util.Map;

/** A Jinja template, rendered with the settings of transformers. Safe for concurrent use. */
final class JinjaTemplate {
  private final String name;
  private final String source;
  private final Jinjava engine;

  private JinjaTemplate(String name, String source, Jinjava engine) {
    this.name = name;
    this.source = source;
    this.engine = engine;
  }

  static JinjaTemplate parse(String name, String source) {
    return new JinjaTemplate(name, source, newEngine());
  }

  private static Jinjava newEngine() {
    return new Jinjava(
        JinjavaConfig.newBuilder()
            .withTrimBlocks(true)
            .withLstripBlocks(true)
            .withLegacyOverrides(LegacyOverrides.ALL)
            .build());
  }

  String render(Map<String, Object> variables) {
    RenderResult result = engine.renderForResult(source, variables);
    for (TemplateError error : result.getErrors()) {
      if (error.getSeverity() == TemplateError.ErrorType.FATAL) {
        throw TextErrors.brokenTemplate(name, error.getMessage(), error.getException());
      }
    }
    return result.getOutput();
  }

  /** The interpreter of the rendering in progress. */
  static JinjavaInterpreter current() {
    return JinjavaInterpreter.getCurrent();
  }
}
