package io.sparkpeft.report;

/**
 * A part of the page.
 *
 * @param id to link to
 * @param body {@link Html#NOTHING} if there is nothing to say
 */
record Section(String id, String title, Html body) {
  Html html() {
    return Html.tag("section#" + id, Html.tag("h2", title), body);
  }
}
