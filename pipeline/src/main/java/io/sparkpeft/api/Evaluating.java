package io.sparkpeft.api;

import io.sparkpeft.base.Json;
import io.sparkpeft.recipe.Recipe;
import java.util.function.Consumer;
import org.apache.spark.sql.SparkSession;

/** Follows within the hour. */
record Evaluating(SparkSession session, Consumer<String> messages) {
  Evaluated run(Recipe recipe) {
    messages.accept(session + " " + recipe);
    return new Evaluated(Json.object(), false);
  }
}
