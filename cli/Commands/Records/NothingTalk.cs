using Grpc.Core;
using NetSniff.Cli.Outputs;
using NetSniff.Wire.V1;

namespace NetSniff.Cli.Commands.Records;

/// <summary>Says why an answer may be empty: an empty screen leaves people guessing.</summary>
/// <param name="scope">Whose records were asked for, in words; empty for everybody's.</param>
/// <param name="hasWhere">Whether the user gave an expression.</param>
internal sealed class NothingTalk(Terminal terminal, string scope, bool hasWhere)
{
    private static readonly TimeSpan s_statusMax = TimeSpan.FromSeconds(2);

    /// <param name="request">What was asked for.</param>
    public void Say(Query.QueryClient client, ObserveRequest request)
    {
        try
        {
            var deadline = (terminal.Clock.GetUtcNow() + s_statusMax).UtcDateTime;
            var status = client.Status(new StatusRequest(), deadline: deadline);
            terminal.Say($"nothing found: {Why(status, request, scope, hasWhere)}");
        }
        catch (RpcException)
        {
            terminal.Say("nothing found; `netsniff status` tells what there is");
        }
    }

    /// <summary>The first reason that holds, the most likely first.</summary>
    internal static string Why(StatusAnswer status, ObserveRequest request, string scope, bool hasWhere)
    {
        var kinds = status.Workers.SelectMany(worker => worker.Kinds).Where(kind => kind.Records > 0)
            .Where(kind => request.Kinds.Count == 0 || request.Kinds.Contains(kind.Kind)).ToList();
        var what = request.Kinds.Count == 0 ? "records" : $"{string.Join(" or ", request.Kinds)} records";
        if (kinds.Count == 0)
        {
            if (status.Sensors.Count == 0) return "no sensor has sent anything yet; is one running?";
            if (!status.Sensors.Any(sensor => sensor.IsConnected))
            {
                return "the worker keeps none, and no sensor is connected; `netsniff status` names them";
            }

            return $"the worker keeps no {what} yet; a sensor is connected, so perhaps no such traffic passed its "
                + "interfaces, or it has not ended";
        }

        var count = Human.Count((ulong)kinds.Sum(kind => kind.Records));
        if (scope.Length > 0 && !hasWhere)
        {
            return $"of {count} {what} none is of {scope}; -A looks at all namespaces, a longer --since further back";
        }

        var isTimed = request.SinceNanos != 0 || request.UntilNanos != 0;
        return (hasWhere, isTimed) switch
        {
            (true, true) => $"of {count} {what} none matches --where in that time; a longer --since looks further back",
            (true, false) => $"of {count} {what} none matches --where; `netsniff fields` explains the names",
            (false, true) => $"there are {count} {what}, none of that time; `netsniff status` tells their times",
            _ => $"there are {count} {what}, and none was sent; ask again",
        };
    }
}
