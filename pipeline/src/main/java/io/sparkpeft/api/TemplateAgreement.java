package io.sparkpeft.api;

import io.sparkpeft.adapter.AdapterProvenance;
import io.sparkpeft.text.PromptTemplate;
import java.nio.file.Path;
import java.util.Optional;

/** An adapter of ours says which template it was trained with; another one spoils its answers. */
final class TemplateAgreement {
  private TemplateAgreement() {}

  /**
   * @throws io.sparkpeft.base.SparkPeftException (78) if it was trained with another one
   */
  static void require(Path adapter, PromptTemplate template) {
    Optional<String> trained =
        AdapterProvenance.read(adapter).flatMap(AdapterProvenance::templateSha256);
    if (trained.isPresent() && !trained.get().equals(template.sha256())) {
      throw ApiErrors.otherTemplate(trained.get(), "data.template = " + template.name());
    }
  }
}
