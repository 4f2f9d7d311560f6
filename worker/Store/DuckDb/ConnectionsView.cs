namespace NetSniff.Worker.Store.DuckDb;

/// <summary>SQL of `connections`: what several interfaces saw of one connection, once. The rule is that of
/// worker/Merge, which serves the same for records.</summary>
/// <remarks>Pieces of one flow at one vantage point are added up; views of one pair of ends are parted into connections
/// by <see cref="SqlConnections"/>; counts are those of the view that saw most payload. What was seen before a
/// service's address became a pod's is then put together with what was seen behind (worker/Merge/Translations).
/// </remarks>
internal static class ConnectionsView
{
    private const string Pair = "low, low_port, high, high_port, proto";
    private const string Place = "node, \"interface\", tunnel, tunnel_id, vlan, inner_vlan";

    /// <summary>Flow records with their ends in order, so that both directions are alike.</summary>
    private const string Ends =
        """
        SELECT *, src_addr < dst_addr OR (src_addr = dst_addr AND src_port <= dst_port) AS is_low,
            CASE WHEN is_low THEN src_addr ELSE dst_addr END AS low,
            CASE WHEN is_low THEN src_port ELSE dst_port END AS low_port,
            CASE WHEN is_low THEN dst_addr ELSE src_addr END AS high,
            CASE WHEN is_low THEN dst_port ELSE src_port END AS high_port,
            coalesce("first", time) AS began, coalesce("last", time) AS ended
        FROM flow
        """;

    private const string Gathered =
        $"""
        SELECT {Pair}, connection, list(v ORDER BY v.began, v.vantage) AS points,
            list(v ORDER BY v.payload_toserver + v.payload_toclient DESC, v.tunnel IS NULL DESC,
                v.packets_toserver + v.packets_toclient DESC, v.began, v.vantage)[1] AS most,
            list(v ORDER BY v.midstream, v.began, v.vantage)[1].is_low AS is_low
        FROM parted GROUP BY {Pair}, connection
        """;

    private const string Parted =
        $"""
        SELECT {Pair}, unnest(seen) AS v, unnest(connection_of(
            list_transform(seen, lambda x: epoch_ns(x.began)),
            list_transform(seen, lambda x: x.vantage))) AS connection
        FROM (SELECT {Pair}, list(views ORDER BY began, {Place}, flow_id) AS seen FROM views GROUP BY {Pair})
        """;

    /// <summary>Connections to services and to pods that serve them.</summary>
    private const string Calls =
        """
        SELECT number, src_addr, src_port, proto, time, flow_id, kind = 'service' AS is_front, namespace, service
        FROM numbered JOIN books.peers ON peer = server_peer WHERE service IS NOT NULL AND kind IN ('service', 'pod')
        """;

    /// <summary>Each the nearest to the other.</summary>
    private static readonly string s_pairs =
        $"""
        SELECT f.number AS front, b.number AS back, abs(epoch_ns(f.time) - epoch_ns(b.time)) AS apart
        FROM calls f JOIN calls b USING (src_addr, src_port, proto, namespace, service)
        WHERE f.is_front AND NOT b.is_front AND apart <= {SqlConnections.StartsApartMax}
        QUALIFY row_number() OVER (PARTITION BY front ORDER BY apart, b.time, b.flow_id) = 1
            AND row_number() OVER (PARTITION BY back ORDER BY apart, f.time, f.flow_id) = 1
        """;

    private static readonly string[] s_counts = ["packets", "bytes", "payload", "tcp_retransmitted"];

    /// <summary>The view, over everything that is kept.</summary>
    public static string All => "CREATE OR REPLACE VIEW connections AS " + Of("TRUE");

    /// <summary>The same for a stretch of time, which is much less work: `FROM connections_in(SINCE, UNTIL)`.</summary>
    public static string Between => "CREATE OR REPLACE MACRO connections_in(since, until) AS TABLE "
        + Of("time >= since::TIMESTAMP_NS AND time < until::TIMESTAMP_NS");

    private static string Of(string where) =>
        $"WITH ends AS ({Ends} WHERE {where}), views AS ({Views()}), parted AS ({Parted}), "
        + $"gathered AS ({Gathered}), numbered AS ({Shown()}, row_number() OVER () AS number, "
        + $"most.payload_toserver + most.payload_toclient AS weight, most.tunnel IS NULL AS is_bare, "
        + $"most.packets_toserver + most.packets_toclient AS count FROM gathered), calls AS ({Calls}), "
        + $"pairs AS ({s_pairs}) {Joined()}";

    /// <summary>What each vantage point saw of each flow.</summary>
    private static string Views()
    {
        var sums = s_counts.SelectMany(count => new[] { $"{count}_toserver", $"{count}_toclient" })
            .Select(count => $"coalesce(sum({count}), 0)::UBIGINT AS {count}");
        return $"""
            SELECT {Pair}, flow_id, {Place}, concat_ws('|', coalesce(node, ''), coalesce("interface", ''),
                coalesce(tunnel, ''), coalesce(tunnel_id, 0), coalesce(vlan, 0), coalesce(inner_vlan, 0)) AS vantage,
                min(began) AS began, max(ended) AS ended, arg_min(is_low, began) AS is_low,
                arg_min(coalesce(midstream, false), began) AS midstream, arg_min(client_peer, began) AS client_peer,
                arg_min(server_peer, began) AS server_peer, max(app) AS app, max(tcp_rtt) AS tcp_rtt,
                arg_max(tcp_state, ended) AS tcp_state, arg_max(flow_end, ended) AS flow_end,
                {string.Join(", ", sums)}
            FROM ends GROUP BY {Pair}, flow_id, {Place}
            """;
    }

    private static string Shown()
    {
        var counts = s_counts.SelectMany(count => new[]
        {
            $"{Turned("most.", count + "_toserver", count + "_toclient")} AS {count}_toserver",
            $"{Turned("most.", count + "_toclient", count + "_toserver")} AS {count}_toclient",
        });
        return $"""
            SELECT points[1].began AS time, list_max(list_transform(points, lambda x: x.ended)) AS "last",
                points[1].flow_id AS flow_id, ip_text(CASE WHEN is_low THEN low ELSE high END) AS src_ip,
                CASE WHEN is_low THEN low_port ELSE high_port END AS src_port,
                ip_text(CASE WHEN is_low THEN high ELSE low END) AS dst_ip,
                CASE WHEN is_low THEN high_port ELSE low_port END AS dst_port, proto, most.app AS app,
                {string.Join(", ", counts)},
                list_max(list_transform(points, lambda x: x.tcp_rtt)) AS tcp_rtt, most.tcp_state AS tcp_state,
                most.flow_end AS flow_end,
                list_aggregate(list_transform(points, lambda x: x.midstream), 'bool_and') AS midstream,
                {Turned("most.", "client_peer", "server_peer")} AS client_peer,
                {Turned("most.", "server_peer", "client_peer")} AS server_peer, len(points) AS seen,
                list_transform(points, lambda x: struct_pack("node" := x.node, "interface" := x."interface",
                    "tunnel" := x.tunnel, "tunnel_id" := x.tunnel_id, "vlan" := x.vlan, "time" := x.began,
                    "last" := x.ended, "bytes_toserver" := {Turned("x.", "bytes_toserver", "bytes_toclient")},
                    "bytes_toclient" := {Turned("x.", "bytes_toclient", "bytes_toserver")})) AS points,
                CASE WHEN is_low THEN low ELSE high END AS src_addr, CASE WHEN is_low THEN high ELSE low END AS dst_addr
            """;
    }

    /// <summary>Counts are those of whichever half saw more.</summary>
    private static string Joined()
    {
        var counts = s_counts.SelectMany(count => new[] { $"{count}_toserver", $"{count}_toclient" })
            .Select(count => $"CASE WHEN is_front_more THEN f.{count} ELSE b.{count} END AS {count}");
        return $"""
            SELECT * EXCLUDE (is_front_more) FROM (
                SELECT f.number IS NOT NULL
                        AND (f.weight, f.is_bare, f.count) > (b.weight, b.is_bare, b.count) AS is_front_more,
                    least(b.time, f.time) AS time, greatest(b."last", f."last") AS "last",
                    CASE WHEN (f.time, f.flow_id) < (b.time, b.flow_id) THEN f.flow_id ELSE b.flow_id END AS flow_id,
                    b.src_ip, b.src_port, b.dst_ip, b.dst_port, b.proto,
                    CASE WHEN is_front_more THEN coalesce(f.app, b.app) ELSE coalesce(b.app, f.app) END AS app,
                    {string.Join(", ", counts)}, greatest(b.tcp_rtt, f.tcp_rtt) AS tcp_rtt,
                    CASE WHEN is_front_more THEN f.tcp_state ELSE b.tcp_state END AS tcp_state,
                    CASE WHEN is_front_more THEN f.flow_end ELSE b.flow_end END AS flow_end,
                    b.midstream AND coalesce(f.midstream, true) AS midstream,
                    coalesce(b.client_peer, f.client_peer) AS client_peer, b.server_peer,
                    b.seen + coalesce(f.seen, 0) AS seen,
                    CASE WHEN f.number IS NULL THEN b.points
                        ELSE list_transform(list_sort(list_transform(list_concat(f.points, b.points),
                            lambda x: struct_pack(at := x.time, point := x))), lambda x: x.point) END AS points,
                    f.dst_ip AS via_ip, f.dst_port AS via_port, b.src_addr, b.dst_addr
                FROM numbered b LEFT JOIN pairs ON back = b.number LEFT JOIN numbered f ON f.number = front
                WHERE b.number NOT IN (SELECT front FROM pairs))
            """;
    }

    /// <summary>A view may have taken the client for the server.</summary>
    private static string Turned(string view, string same, string other) =>
        $"CASE WHEN is_low = {view}is_low THEN {view}{same} ELSE {view}{other} END";
}
