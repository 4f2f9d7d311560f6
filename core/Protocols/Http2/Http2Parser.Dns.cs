using System.Buffers;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using NetSniff.Protocols.Dns;
using NetSniff.Protocols.Http2.Hpack;

namespace NetSniff.Protocols.Http2;

/// <summary>DNS over HTTPS (RFC 8484), read where the HTTP itself is clear: behind a proxy that ends TLS, or on
/// localhost.</summary>
public sealed partial class Http2Parser
{
    /// <summary>Questions in a path are as long as one in a datagram; a longer one is not looked into.</summary>
    private const int QuestionBytesMax = 512;

    private static bool IsDnsMessage(ReadOnlySpan<byte> contentType)
    {
        var type = "application/dns-message"u8;
        return contentType.StartsWith(type) && contentType[type.Length..] is [] or [(byte)';' or (byte)' ', ..];
    }

    /// <summary>Tells the DNS exchange that the HTTP exchange carried, before the latter.</summary>
    [SkipLocalsInit]
    private void EmitDns(Http2Stream stream, ParseContext context)
    {
        if (!stream.RequestDns.IsWanted && !stream.ResponseDns.IsWanted) return;

        Span<byte> room = stackalloc byte[QuestionBytesMax];
        var query = stream.RequestDns.IsWanted ? stream.RequestDns.Message : QuestionIn(stream, room);
        var response = stream.ResponseDns.Message;
        if (!DnsShape.IsMessage(query, out var asked, out _) || asked.IsResponse) query = default;
        if (!DnsShape.IsMessage(response, out var answered, out _) || !answered.IsResponse) response = default;
        if (query.IsEmpty && response.IsEmpty)
        {
            _isDnsCountLost |= stream.RequestDns.IsLost || stream.ResponseDns.IsLost;
            return;
        }

        var isHalf = query.IsEmpty || (response.IsEmpty && stream.ResponseDns.IsLost);
        var exchange = new DnsExchange
        {
            BeganNanos = stream.StartNanos,
            LatencyNanos = Math.Max(0, stream.EndNanos - stream.StartNanos),
            Number = _dnsExchanges++,
            IsTcp = true,
            IsHttp = true,
            IsQueryCut = stream.RequestDns.IsCut,
            IsResponseCut = stream.ResponseDns.IsCut,
            IsPartial = isHalf || stream.ResponseDns.IsCut || _isDnsCountLost,
        };
        exchange.Emit(query, response, DnsMessage.Present, context.Records);
    }

    /// <summary>The question of a GET: `?dns=` and base64url without padding (RFC 8484 section 4.1).</summary>
    private static ReadOnlySpan<byte> QuestionIn(Http2Stream stream, Span<byte> room)
    {
        var path = stream.Request[HeaderName.Path];
        var start = path.IndexOf("?dns="u8);
        if (start < 0) start = path.IndexOf("&dns="u8);
        if (start < 0) return default;

        var text = path[(start + "?dns="u8.Length)..];
        var end = text.IndexOf((byte)'&');
        if (end >= 0) text = text[..end];
        var status = Base64Url.DecodeFromUtf8(text, room, out _, out var written);
        return status == OperationStatus.Done ? room[..written] : default;
    }
}
