package io.sparkpeft.recipe;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** What a job found out, as the keys it adds to {@code _RESULT.json}. */
public interface JobResult {
  ObjectNode json();
}
