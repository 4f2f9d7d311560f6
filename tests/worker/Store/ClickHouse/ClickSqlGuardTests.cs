using NetSniff.Worker.Store;
using NetSniff.Worker.Store.ClickHouse;

namespace NetSniff.Tests.Worker.Store.ClickHouse;

/// <summary>What SQL of strangers may name.</summary>
public class ClickSqlGuardTests
{
    public static TheoryData<string> Allowed => new()
    {
        "SELECT 1",
        "select count() from flow where src_ip in ('10.0.0.1', '::1')",
        "SELECT f.src_ip FROM flow AS f FINAL LEFT JOIN peers p ON p.peer = f.client_peer WHERE f.proto IN (6, 17)",
        "SELECT a, b FROM (SELECT src_ip AS a, dst_ip AS b FROM `flow`) GROUP BY a, b ORDER BY a, b LIMIT 5",
        "WITH top AS (SELECT src_ip FROM flow) SELECT * FROM top",
        "WITH a AS (SELECT 1 AS x), b AS (SELECT x FROM a) SELECT * FROM b JOIN a USING (x) WHERE x IN b",
        "SELECT x FROM dns ARRAY JOIN answers_names AS x, answers_ttls AS y",
        "SELECT count() FROM http WHERE (host, uri) IN (SELECT host, uri FROM http)",
        "SELECT 'FROM system.users; DROP TABLE x', `order` FROM flow -- FROM secrets",
        "SELECT count() FROM flow WHERE client_peer IN peers",
        "SELECT toDate(time), count() FROM flow GROUP BY 1 UNION ALL SELECT toDate(time), count() FROM dns GROUP BY 1",
        "SELECT count() FROM flow WHERE NOT (vlan NOT IN (6)) AND (vlan) IN (1, 2) AND 'it' GLOBAL IN ('$', '·')",
        "SELECT f.src_ip FROM flow f JOIN dns d USING (src_ip, dst_ip) WHERE 1e3 > 0x1F AND .5 < 1.5",
        "SELECT position(uri, 'file(') FROM http /* url('x') */",
    };

    public static TheoryData<string, string> Refused => new()
    {
        { "DROP TABLE flow", "only queries" },
        { "INSERT INTO flow VALUES (1)", "only queries" },
        { "SET readonly = 0", "only queries" },
        { "SELECT 1; SELECT 2", "one query" },
        { "SELECT * FROM system.users", "no table system.users" },
        { "SELECT * FROM `system`.`users`", "no table system.users" },
        { "SELECT * FROM flow_rows", "no table flow_rows" },
        { "SELECT * FROM url('http://10.0.0.1/', CSV, 'x String')", "table function url" },
        { "SELECT * FROM/**/file ('x', CSV, 'x String')", "table function file" },
        { "SELECT * FROM flow, system.one", "with JOIN" },
        { "SELECT * FROM (SELECT 1) , numbers(10)", "with JOIN" },
        { "SELECT * FROM flow JOIN remote('h', system.one) USING x", "table function remote" },
        { "SELECT * FROM flow GLOBAL ANY LEFT JOIN system.one USING x", "no table system.one" },
        { "SELECT 1 IN system.one", "no table system.one" },
        { "SELECT 1 IN (system.one)", "no table system.one" },
        { "SELECT 1 IN (secrets)", "no table secrets" },
        { "SELECT 1 IN numbers(10)", "table function numbers" },
        { "SELECT * FROM flow JOIN dns ON 1 = 1, system.users", "with JOIN" },
        { "SELECT * FROM flow JOIN dns USING (x), numbers(10)", "with JOIN" },
        { "SELECT * FROM flow AS where, system.users", "with JOIN" },
        { "SELECT * FROM flow qualify FINAL, system.users", "with JOIN" },
        { "SELECT in(1, system.one)", "IN stands between" },
        { "SELECT 1 FROM flow WHERE NOT in (1, secrets)", "IN stands between" },
        { "SELECT `in`(1, secrets)", "IN stands between" },
        { "SELECT globalNotIn(1, secrets)", "globalNotIn" },
        { "WITH secrets AS (SELECT * FROM secrets) SELECT * FROM secrets", "no table secrets" },
        { "SELECT 1 FROM (WITH secrets AS (SELECT 1) SELECT 1) CROSS JOIN secrets", "no table secrets" },
        { "SELECT dictGetString('d', 'a', toUInt64(1))", "dictGetString" },
        { "SELECT joinGet('db.t', 'a', 1)", "joinGet" },
        { "SELECT file('secrets')", "function file" },
        { "SELECT `sleep`(3)", "function sleep" },
        { "SELECT 1 INTO OUTFILE 'x'", "OUTFILE" },
        { "SELECT 1 SETTINGS max_memory_usage = 0", "SETTINGS" },
        { "SELECT (1", "not closed" },
        { "SELECT 1) FROM (SELECT 2", "was not opened" },
        { "SELECT * FROM flow WHERE 1 -- x\n, 1 FROM secrets", "no table secrets" },
    };

    [Theory, MemberData(nameof(Allowed))]
    public void What_asks_our_tables_is_allowed(string sql) =>
        Assert.Null(ClickSqlGuard.Refusal(ClickSqlText.Cut(sql), IsView));

    [Theory, MemberData(nameof(Refused))]
    public void What_reaches_for_more_is_refused(string sql, string why) =>
        Assert.Contains(why, ClickSqlGuard.Refusal(ClickSqlText.Cut(sql), IsView));

    [Theory]
    [InlineData("SELECT 'it")]
    [InlineData("SELECT 'it\\'")]
    [InlineData("SELECT /* it")]
    public void What_has_no_end_is_no_sql(string sql) =>
        Assert.Throws<SqlException>(() => ClickSqlText.Cut(sql));

    [Theory]
    [InlineData("SELECT $$'$$, * FROM system.users -- '")]
    [InlineData("SELECT \u2018'\u2019, * FROM system.users -- '")]
    [InlineData("SELECT * FROM\u200bsystem.users")]
    [InlineData("SELECT * FROM\u00a0flow")]
    [InlineData("SELECT `ho\\x73tName`()")]
    [InlineData("SELECT .5from system.users")]
    public void What_a_server_may_cut_otherwise_is_no_sql(string sql) =>
        Assert.Throws<SqlException>(() => ClickSqlText.Cut(sql));

    private static bool IsView(string name) => name is "flow" or "http" or "dns" or "peers" or "lanes";
}
