package io.sparkpeft.report;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** A report's page as an XML parser reads it. */
public record ParsedPage(Document document) {

  /** Fails where the page is not well-formed. */
  public static ParsedPage of(String html) throws Exception {
    return new ParsedPage(
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(html))));
  }

  public List<Element> all(String tag) {
    NodeList nodes = document.getElementsByTagName(tag);
    List<Element> elements = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      elements.add((Element) nodes.item(i));
    }
    return elements;
  }

  public List<String> texts(String tag) {
    return all(tag).stream().map(Element::getTextContent).toList();
  }

  public String text() {
    return document.getDocumentElement().getTextContent();
  }

  /** The cells behind the first one of the row that begins with this text. */
  public List<String> row(String first) {
    return all("tr").stream()
        .map(ParsedPage::cells)
        .filter(cells -> !cells.isEmpty() && cells.get(0).equals(first))
        .map(cells -> cells.subList(1, cells.size()))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no row " + first));
  }

  private static List<String> cells(Element row) {
    List<String> cells = new ArrayList<>();
    NodeList nodes = row.getChildNodes();
    for (int i = 0; i < nodes.getLength(); i++) {
      cells.add(nodes.item(i).getTextContent());
    }
    return cells;
  }
}
