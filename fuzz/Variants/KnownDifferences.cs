namespace NetSniff.Fuzz.Variants;

/// <summary>Captures whose records hang on where segments begin, as they must: told, but not held against us. What they
/// say is true in every variant; there is more or less of it.</summary>
internal static class KnownDifferences
{
    private static readonly (string Capture, string Why)[] s_all =
    [
        ("socks", "behind a proxy's greeting a start is looked for where segments begin"),
        ("Tls/corpus/starttls", "behind a greeting, TLS is looked for where segments begin"),
        ("ndpi__nomachine", "behind a greeting, TLS is looked for where segments begin"),
        ("ndpi__openvpn_obfuscated", "a label of bytes that nobody reads is told by where segments end"),
        ("tcp-overlap-conflicting", "of bytes that were said twice the first to come count"),
    ];

    private static readonly string[] s_resegmenting = ["1-byte", "mss-1448", "mss-536", "random", "reordered"];

    /// <summary>Why a broken promise is none; null when it is one.</summary>
    public static string? Of(string capture, string variant)
    {
        if (!s_resegmenting.Contains(variant)) return null;

        foreach (var (name, why) in s_all)
        {
            if (capture.Contains(name, StringComparison.Ordinal)) return why;
        }

        return null;
    }
}
