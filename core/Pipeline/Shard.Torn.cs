using System.Runtime.CompilerServices;
using NetSniff.Flows;
using NetSniff.Protocols;

namespace NetSniff.Pipeline;

/// <content>Connections whose parser was let go for a loss: what follows may be anything.</content>
public sealed unsafe partial class Shard
{
    /// <summary>The rest of an answer may be long, and is one turn. Who speaks after it may begin something.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool IsLookedAt(Conversation conversation, int direction)
    {
        var isTurn = conversation.WatchedDirection != direction;
        conversation.WatchedDirection = direction;
        var half = conversation.Half(direction);
        conversation.IsBeginningWatched = half.IsAtBeginning;
        half.IsAtBeginning = false;
        return isTurn || conversation.Watched < _options.WatchSegmentsMax;
    }

    /// <summary>A handshake is all there if the client's side of it is: what the server lost came before it, for a
    /// retry would have had the client say hello twice.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void TrustHandshake(Conversation conversation, int direction, Verdict verdict)
    {
        var client = verdict == Verdict.YesReversed ? 1 : 0;
        var isWhole = client == direction
            ? conversation.IsBeginningWatched
            : conversation.Half(client).IsAtBeginning;
        if (isWhole) conversation.IsMidstream = false;
    }

    /// <summary>Nobody was found in so many segments; where a parser was let go, some turns more are looked at.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void LeaveWatched(Flow* flow, Conversation conversation)
    {
        if (conversation.IsTorn)
        {
            if (conversation.Watched < _options.WatchSegmentsMax + _options.WatchTurnsMax) return;
            Counters.TornLeft++;
        }

        CloseConversation(flow, FlowMode.Opaque);
    }
}
