package io.sparkpeft.text;

import java.io.Serializable;

/**
 * One turn of a conversation.
 *
 * @param role {@code system}, {@code user} or {@code assistant}; templates may know more
 */
public record Message(String role, String content) implements Serializable {
  public static final String ASSISTANT = "assistant";
  public static final String USER = "user";

  boolean fromAssistant() {
    return role.equals(ASSISTANT);
  }
}
