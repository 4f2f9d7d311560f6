namespace NetSniff.Fuzz.Variants;

/// <summary>Captures whose records hang on where segments begin, or on which of two contradicting messages is there, as
/// they must: told, but not held against us. What they say is true in every variant; there is more or less of it.
/// </summary>
internal static class KnownDifferences
{
    private static readonly string[] s_resegmenting = ["1-byte", "mss-1448", "mss-536", "random", "reordered"];

    private static readonly (string Capture, string[] Variants, string Why)[] s_all =
    [
        ("socks", s_resegmenting, "behind a proxy's greeting a start is looked for where segments begin"),
        ("adb_synthetic", s_resegmenting, "behind a greeting, TLS is looked for where segments begin"),
        ("Tls/corpus/starttls", s_resegmenting, "behind a greeting, TLS is looked for where segments begin"),
        ("ndpi__nomachine", s_resegmenting, "behind a greeting, TLS is looked for where segments begin"),
        ("byte-extract-01", s_resegmenting, "behind what nobody reads, an answer is looked for where segments begin"),
        ("http-not09-file", s_resegmenting, "behind what nobody reads, an answer is looked for where segments begin"),
        ("ndpi__openvpn_obfuscated", s_resegmenting,
            "a label of bytes that nobody reads is told by where segments end"),
        ("tcp-overlap-conflicting", s_resegmenting, "of bytes that were said twice the first to come count"),
        ("app-layer-protocol-exact", ["one lost"],
            "an answer comes after its stream was reset, and counts where the reset waits behind a hole"),
        ("vmess-websocket", s_resegmenting, "behind a proxy's greeting a start is looked for where segments begin"),
        ("tls-duplicate-hello", ["one lost", "from the middle"],
            "two hellos that differ, made by hand: joined between them, the second is the first"),
    ];

    /// <summary>Why a broken promise is none; null when it is one.</summary>
    public static string? Of(string capture, string variant)
    {
        foreach (var (name, variants, why) in s_all)
        {
            if (variants.Contains(variant) && capture.Contains(name, StringComparison.Ordinal)) return why;
        }

        return null;
    }
}
