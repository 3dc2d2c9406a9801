/**
 * Models and datasets from a hub that speaks Hugging Face's API. The only room that ever goes to
 * the network by itself, and only when asked to.
 */
package io.sparkpeft.hub;
