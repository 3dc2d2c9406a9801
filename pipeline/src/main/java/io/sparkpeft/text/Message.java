package io.sparkpeft.text;

import java.io.Serializable;

/**
 * One turn of a conversation.
 *
 * @param role {@code system}, {@code user} or {@code assistant}; templates may know more
 */
public record Message(String role, String content) implements Serializable {
  static final String ASSISTANT = "assistant";
  static final String USER = "user";

  boolean fromAssistant() {
    return role.equals(ASSISTANT);
  }
}
