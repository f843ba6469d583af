// SPDX-License-Identifier: AGPL-3.0-or-later
// Verifies the signature of SOAP messages by the JDK's own XML Signature: java VerifySoap.java CERTIFICATE MESSAGE...
// Writes one line for each message: whether it is valid, and the elements that it covers.

import java.io.File;
import java.io.FileInputStream;
import java.io.InputStream;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.util.StringJoiner;
import javax.xml.crypto.dsig.Reference;
import javax.xml.crypto.dsig.XMLSignature;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMValidateContext;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class VerifySoap {
    static final String WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";

    public static void main(String[] arguments) throws Exception {
        PublicKey key;
        try (InputStream certificate = new FileInputStream(arguments[0])) {
            key = CertificateFactory.getInstance("X.509").generateCertificate(certificate).getPublicKey();
        }
        for (int i = 1; i < arguments.length; i++) {
            System.out.println(verify(key, new File(arguments[i])));
        }
    }

    static String verify(PublicKey key, File file) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        Document document = factory.newDocumentBuilder().parse(file);
        Element found = (Element) document.getElementsByTagNameNS(XMLSignature.XMLNS, "Signature").item(0);
        DOMValidateContext context = new DOMValidateContext(key, found);
        NodeList all = document.getElementsByTagName("*");
        for (int i = 0; i < all.getLength(); i++) {
            if (((Element) all.item(i)).hasAttributeNS(WSU, "Id")) {
                context.setIdAttributeNS((Element) all.item(i), WSU, "Id");
            }
        }
        XMLSignature signature = XMLSignatureFactory.getInstance("DOM").unmarshalXMLSignature(context);
        StringJoiner covered = new StringJoiner(" ");
        for (Object each : signature.getSignedInfo().getReferences()) {
            covered.add(((Reference) each).getURI());
        }
        return (signature.validate(context) ? "valid " : "INVALID ") + covered;
    }
}
