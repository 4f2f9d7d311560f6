namespace NetSniff.Protocols.Labels;

/// <summary>Every protocol that is recognised and not read, in the order they are asked. Adding one is adding its
/// line.</summary>
public static unsafe partial class Signatures
{
    /// <summary>Anything can be the first byte: a length, a number drawn by lot.</summary>
    private const string Any = "\0-\u00FF";

    private const string Digit = "0-9";
    private const string Letter = "A-Za-z";

    /// <summary>Tags of Kerberos messages, RFC 4120 section 5.10.</summary>
    private const string KerberosTags = "\u006A-\u0076\u007E";

    /// <summary>Version 2 of RTP, in the top bits.</summary>
    private const string RtpVersion = "\u0080-\u00BF";
}
