package io.sparkpeft.api;

import io.sparkpeft.model.DecoderConfig;
import io.sparkpeft.recipe.DataSection;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.spark.table.BadRecordPolicy;
import io.sparkpeft.spark.table.OverlongPolicy;
import io.sparkpeft.spark.table.PrepareSettings;
import io.sparkpeft.spark.table.SourceFormat;

/** A recipe in the words of the rooms that do the work. */
final class Settings {
  private Settings() {}

  static PrepareSettings prepare(Recipe recipe, String runId, DecoderConfig config) {
    DataSection data = recipe.data();
    return new PrepareSettings(
        runId,
        data.requiredSource(),
        SourceFormat.valueOf(data.format().name()),
        data.template(),
        recipe.model().folder(),
        data.maxLength(config.maxPositionEmbeddings()),
        OverlongPolicy.valueOf(data.overlong().name()),
        BadRecordPolicy.valueOf(data.onBadRecord().name()),
        data.trainOnPrompt(),
        data.validationFraction(),
        recipe.tokenTable());
  }
}
