using NetSniff.Flows;
using NetSniff.Packets;
using NetSniff.Records;

namespace NetSniff.Cli.Outputs.Eve;

/// <summary>Community IDs of the conversations that were last spoken of: question, answer and flow follow each other.
/// </summary>
internal sealed class CommunityIds
{
    private const int Places = 1024;

    private readonly Ends[] _ends = new Ends[Places];
    private readonly byte[] _texts = new byte[Places * CommunityId.TextSize];

    /// <summary>The id as UTF-8, borrowed until the next call.</summary>
    public ReadOnlySpan<byte> Of(in RecordHeader header)
    {
        var place = (int)(header.FlowId & (Places - 1));
        var text = _texts.AsSpan(place * CommunityId.TextSize, CommunityId.TextSize);
        ref var kept = ref _ends[place];
        if (kept.Equals(in header)) return text;

        CommunityId.Format(
            text, header.Client, header.Server, header.Protocol, header.ClientPort, header.ServerPort);
        kept = new Ends(in header);
        return text;
    }

    private readonly struct Ends(in RecordHeader header)
    {
        private readonly Address _client = header.Client;
        private readonly Address _server = header.Server;
        private readonly ushort _clientPort = header.ClientPort;
        private readonly ushort _serverPort = header.ServerPort;
        private readonly byte _protocol = header.Protocol;
        private readonly bool _isKept = true;

        public bool Equals(in RecordHeader header) =>
            _isKept && _clientPort == header.ClientPort && _serverPort == header.ServerPort
            && _protocol == header.Protocol && _client == header.Client && _server == header.Server;
    }
}
