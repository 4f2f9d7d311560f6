namespace NetSniff.Fuzz.Matrix;

/// <summary>Claims that the oracles contradict and that were looked at by hand, byte by byte: they are right. Told, but
/// not held against us. Each names all three, capture, claim and contradiction, so that none hides another.</summary>
internal static class KnownClaims
{
    private static readonly (string Capture, string Ours, string Oracle, string Why)[] s_all =
    [
        ("ssh/sv__output-eve-anomaly-02.pcap", "http", "ssh", "a client speaks HTTP to an SSH server"),
        ("ssh/zeek__http~get-to-ssh-server.pcap", "http", "ssh", "a client speaks HTTP to an SSH server"),
        ("ssh/zeek__http~http-to-ssh.pcap", "http", "ssh", "a client speaks HTTP to an SSH server"),
        ("http2/sv__http2-compression-bug.pcap", "http2", "tls", "HTTP/2 in clear on port 443, taken for TLS by port"),
        ("voip/zeek__tls~webrtc-stun.pcap", "dtls", "stun", "STUN opens the call, a whole DTLS handshake follows"),
    ];

    /// <summary>Why a contradicted claim is right; null when nobody has looked.</summary>
    public static string? Of(string capture, string ours, string oracle)
    {
        foreach (var (name, claim, contradiction, why) in s_all)
        {
            if (name == capture && claim == ours && contradiction == oracle) return why;
        }

        return null;
    }
}
