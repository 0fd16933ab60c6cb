# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

# Made by data/schema.py, do not edit. One text, read lazily by schema.py: it costs no start-up time.

"""The database tables of OpenSIPS 1.11 to 4.1, a record each; the format is told in schema.py."""

TABLES = """
=acc
@1.11,2.1 6 id - id:int(10)U+ method:char(16)= from_tag:char(64)= to_tag:char(64)= callid:char(64)= sip_code:char(3)=
 sip_reason:char(32)= time:datetime duration:int(11)U=0 setuptime:int(11)U=0 created:datetime?
@2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 7 id - id:int(10)U+ method:char(16)= from_tag:char(64)=
 to_tag:char(64)= callid:char(64)= sip_code:char(3)= sip_reason:char(32)= time:datetime duration:int(11)U=0
 ms_duration:int(11)U=0 setuptime:int(11)U=0 created:datetime?
=active_watchers
@1.11,2.1 10 id presentity_uri,callid,to_tag,from_tag id:int(10)U+ presentity_uri:char(128) watcher_username:char(64)
 watcher_domain:char(64) to_user:char(64) to_domain:char(64) event:char(64)=presence event_id:char(64)?
 to_tag:char(64) from_tag:char(64) callid:char(64) local_cseq:int(11) remote_cseq:int(11) contact:char(128)
 record_route:text? expires:int(11) status:int(11)=2 reason:char(64) version:int(11)=0 socket_info:char(64)
 local_contact:char(128)
@2.2,2.3 11 id presentity_uri,callid,to_tag,from_tag id:int(10)U+ presentity_uri:char(255) watcher_username:char(64)
 watcher_domain:char(64) to_user:char(64) to_domain:char(64) event:char(64)=presence event_id:char(64)?
 to_tag:char(64) from_tag:char(64) callid:char(64) local_cseq:int(11) remote_cseq:int(11) contact:char(255)
 record_route:text? expires:int(11) status:int(11)=2 reason:char(64)? version:int(11)=0 socket_info:char(64)
 local_contact:char(255)
@2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 12 id presentity_uri,callid,to_tag,from_tag id:int(10)U+
 presentity_uri:char(255) watcher_username:char(64) watcher_domain:char(64) to_user:char(64) to_domain:char(64)
 event:char(64)=presence event_id:char(64)? to_tag:char(64) from_tag:char(64) callid:char(64) local_cseq:int(11)
 remote_cseq:int(11) contact:char(255) record_route:text? expires:int(11) status:int(11)=2 reason:char(64)?
 version:int(11)=0 socket_info:char(64) local_contact:char(255) sharing_tag:char(32)?
=address
@1.11,2.1,2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5 5 id - id:int(10)U+ grp:smallint(5)U=0 ip:char(50) mask:tinyint=32
 port:smallint(5)U=0 proto:char(4)=any pattern:char(64)? context_info:char(32)?
@3.6,4.0,4.1 5 id - id:int(10)U+ grp:smallint(5)U=0 ip:char(50) mask:smallintU=32 port:smallint(5)U=0
 proto:char(4)=any pattern:char(64)? context_info:char(32)?
=aliases
@1.11,2.1 1009 id username,domain,contact,callid id:int(10)U+ username:char(64)= domain:char(64)= contact:char(255)=
 received:char(128)? path:char(255)? expires:datetime=2020-05-28~21:32:15 q:float(10,2)=1.0
 callid:char(255)=Default-Call-ID cseq:int(11)=13 last_modified:datetime=1900-01-01~00:00:01 flags:int(11)=0
 cflags:char(255)? user_agent:char(255)= socket:char(64)? methods:int(11)? sip_instance:char(255)? attr:char(255)?
@2.2,2.3 1009 id username,domain,contact,callid id:int(10)U+ username:char(64)= domain:char(64)= contact:char(255)=
 received:char(255)? path:char(255)? expires:datetime=2020-05-28~21:32:15 q:float(10,2)=1.0
 callid:char(255)=Default-Call-ID cseq:int(11)=13 last_modified:datetime=1900-01-01~00:00:01 flags:int(11)=0
 cflags:char(255)? user_agent:char(255)= socket:char(64)? methods:int(11)? sip_instance:char(255)? attr:char(255)?
=b2b_entities
@1.11,2.1 1 id type,tag0,tag1,callid id:int(10)U+ type:int(2) state:int(2) ruri:char(128)? from_uri:char(128)
 to_uri:char(128) from_dname:char(64)? to_dname:char(64)? tag0:char(64) tag1:char(64)? callid:char(64) cseq0:int(11)
 cseq1:int(11)? contact0:char(128) contact1:char(128)? route0:text? route1:text? sockinfo_srv:char(64)?
 param:char(128) lm:int(11) lrc:int(11)? lic:int(11)? leg_cseq:int(11)? leg_route:text? leg_tag:char(64)?
 leg_contact:char(128)? leg_sockinfo:char(128)?
@2.2,2.3,2.4,3.0 1 id type,tag0,tag1,callid id:int(10)U+ type:int(2) state:int(2) ruri:char(255)? from_uri:char(255)
 to_uri:char(255) from_dname:char(64)? to_dname:char(64)? tag0:char(64) tag1:char(64)? callid:char(64) cseq0:int(11)
 cseq1:int(11)? contact0:char(255) contact1:char(255)? route0:text? route1:text? sockinfo_srv:char(64)?
 param:char(255) lm:int(11) lrc:int(11)? lic:int(11)? leg_cseq:int(11)? leg_route:text? leg_tag:char(64)?
 leg_contact:char(255)? leg_sockinfo:char(255)?
@3.1,3.2,3.3 2 id type,tag0,tag1,callid id:int(10)U+ type:int(2) state:int(2) ruri:char(255)? from_uri:char(255)
 to_uri:char(255) from_dname:char(64)? to_dname:char(64)? tag0:char(64) tag1:char(64)? callid:char(64) cseq0:int(11)
 cseq1:int(11)? contact0:char(255) contact1:char(255)? route0:text? route1:text? sockinfo_srv:char(64)?
 param:char(255) mod_name:char(32) storage:blob(4096)? lm:int(11) lrc:int(11)? lic:int(11)? leg_cseq:int(11)?
 leg_route:text? leg_tag:char(64)? leg_contact:char(255)? leg_sockinfo:char(255)?
@3.4,3.5,3.6,4.0,4.1 2 id type,tag0,tag1,callid id:int(10)U+ type:int(2) state:int(2) ruri:char(255)?
 from_uri:char(255) to_uri:char(255) from_dname:char(64)? to_dname:char(64)? tag0:char(64) tag1:char(64)?
 callid:char(128) cseq0:int(11) cseq1:int(11)? contact0:char(255) contact1:char(255)? route0:text? route1:text?
 sockinfo_srv:char(64)? param:char(255) mod_name:char(32) storage:blob(4096)? lm:int(11) lrc:int(11)? lic:int(11)?
 leg_cseq:int(11)? leg_route:text? leg_tag:char(64)? leg_contact:char(255)? leg_sockinfo:char(255)?
=b2b_logic
@1.11,2.1 2 id si_key id:int(10)U+ si_key:char(64) scenario:char(64) sstate:int(2) next_sstate:int(2)
 sparam0:char(64)? sparam1:char(64)? sparam2:char(64)? sparam3:char(64)? sparam4:char(64)? sdp:text(64)?
 lifetime:int(10)=0 e1_type:int(2) e1_sid:char(64) e1_from:char(128) e1_to:char(128) e1_key:char(64) e2_type:int(2)
 e2_sid:char(64) e2_from:char(128) e2_to:char(128) e2_key:char(64) e3_type:int(2)? e3_sid:char(64)? e3_from:char(128)?
 e3_to:char(128)? e3_key:char(64)?
@2.2,2.3,2.4,3.0,3.1 3 id si_key id:int(10)U+ si_key:char(64) scenario:char(64)? sstate:int(2) next_sstate:int(2)
 sparam0:char(64)? sparam1:char(64)? sparam2:char(64)? sparam3:char(64)? sparam4:char(64)? sdp:text(64)?
 lifetime:int(10)=0 e1_type:int(2) e1_sid:char(64)? e1_from:char(255) e1_to:char(255) e1_key:char(64) e2_type:int(2)
 e2_sid:char(64)? e2_from:char(255) e2_to:char(255) e2_key:char(64) e3_type:int(2)? e3_sid:char(64)?
 e3_from:char(255)? e3_to:char(255)? e3_key:char(64)?
@3.2,3.3 4 id si_key id:int(10)U+ si_key:char(64) scenario:char(64)? sstate:int(2) sdp:text(64)? lifetime:int(10)=0
 e1_type:int(2) e1_sid:char(64)? e1_from:char(255) e1_to:char(255) e1_key:char(64) e2_type:int(2) e2_sid:char(64)?
 e2_from:char(255) e2_to:char(255) e2_key:char(64) e3_type:int(2)? e3_sid:char(64)? e3_from:char(255)?
 e3_to:char(255)? e3_key:char(64)?
@3.4,3.5,3.6,4.0,4.1 5 id si_key id:int(10)U+ si_key:char(64) scenario:char(64)? sstate:int(2) lifetime:int(10)=0
 e1_type:int(2) e1_sid:char(64)? e1_from:char(255) e1_to:char(255) e1_key:char(64) e1_sdp:text? e2_type:int(2)
 e2_sid:char(64)? e2_from:char(255) e2_to:char(255) e2_key:char(64) e2_sdp:text? e3_type:int(2)? e3_sid:char(64)?
 e3_from:char(255)? e3_to:char(255)? e3_key:char(64)?
=b2b_sca
@1.11,2.1 1 id shared_line id:int(10)U+ shared_line:char(64) watchers:char(255) app1_shared_entity:int(1)U?
 app1_call_state:int(1)U? app1_call_info_uri:char(128)? app1_call_info_appearance_uri:char(128)?
 app1_b2bl_key:char(64)? app2_shared_entity:int(1)U? app2_call_state:int(1)U? app2_call_info_uri:char(128)?
 app2_call_info_appearance_uri:char(128)? app2_b2bl_key:char(64)? app3_shared_entity:int(1)U? app3_call_state:int(1)U?
 app3_call_info_uri:char(128)? app3_call_info_appearance_uri:char(128)? app3_b2bl_key:char(64)?
 app4_shared_entity:int(1)U? app4_call_state:int(1)U? app4_call_info_uri:char(128)?
 app4_call_info_appearance_uri:char(128)? app4_b2bl_key:char(64)? app5_shared_entity:int(1)U? app5_call_state:int(1)U?
 app5_call_info_uri:char(128)? app5_call_info_appearance_uri:char(128)? app5_b2bl_key:char(64)?
 app6_shared_entity:int(1)U? app6_call_state:int(1)U? app6_call_info_uri:char(128)?
 app6_call_info_appearance_uri:char(128)? app6_b2bl_key:char(64)? app7_shared_entity:int(1)U? app7_call_state:int(1)U?
 app7_call_info_uri:char(128)? app7_call_info_appearance_uri:char(128)? app7_b2bl_key:char(64)?
 app8_shared_entity:int(1)U? app8_call_state:int(1)U? app8_call_info_uri:char(128)?
 app8_call_info_appearance_uri:char(128)? app8_b2bl_key:char(64)? app9_shared_entity:int(1)U? app9_call_state:int(1)U?
 app9_call_info_uri:char(128)? app9_call_info_appearance_uri:char(128)? app9_b2bl_key:char(64)?
 app10_shared_entity:int(1)U? app10_call_state:int(1)U? app10_call_info_uri:char(128)?
 app10_call_info_appearance_uri:char(128)? app10_b2bl_key:char(64)?
@2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 1 id shared_line id:int(10)U+ shared_line:char(64) watchers:char(255)
 app1_shared_entity:int(1)U? app1_call_state:int(1)U? app1_call_info_uri:char(255)?
 app1_call_info_appearance_uri:char(255)? app1_b2bl_key:char(64)? app2_shared_entity:int(1)U? app2_call_state:int(1)U?
 app2_call_info_uri:char(255)? app2_call_info_appearance_uri:char(255)? app2_b2bl_key:char(64)?
 app3_shared_entity:int(1)U? app3_call_state:int(1)U? app3_call_info_uri:char(255)?
 app3_call_info_appearance_uri:char(255)? app3_b2bl_key:char(64)? app4_shared_entity:int(1)U? app4_call_state:int(1)U?
 app4_call_info_uri:char(255)? app4_call_info_appearance_uri:char(255)? app4_b2bl_key:char(64)?
 app5_shared_entity:int(1)U? app5_call_state:int(1)U? app5_call_info_uri:char(255)?
 app5_call_info_appearance_uri:char(255)? app5_b2bl_key:char(64)? app6_shared_entity:int(1)U? app6_call_state:int(1)U?
 app6_call_info_uri:char(255)? app6_call_info_appearance_uri:char(255)? app6_b2bl_key:char(64)?
 app7_shared_entity:int(1)U? app7_call_state:int(1)U? app7_call_info_uri:char(255)?
 app7_call_info_appearance_uri:char(255)? app7_b2bl_key:char(64)? app8_shared_entity:int(1)U? app8_call_state:int(1)U?
 app8_call_info_uri:char(255)? app8_call_info_appearance_uri:char(255)? app8_b2bl_key:char(64)?
 app9_shared_entity:int(1)U? app9_call_state:int(1)U? app9_call_info_uri:char(255)?
 app9_call_info_appearance_uri:char(255)? app9_b2bl_key:char(64)? app10_shared_entity:int(1)U?
 app10_call_state:int(1)U? app10_call_info_uri:char(255)? app10_call_info_appearance_uri:char(255)?
 app10_b2bl_key:char(64)?
=cachedb
@1.11,2.1,2.2,2.3,3.0 2 keyname - keyname:char(255) value:text(512) counter:int(10)=0 expires:int(10)U=0
@2.4,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 2 id keyname id:int(10)U+ keyname:char(255) value:text(512) counter:int(10)=0
 expires:int(10)U=0
=carrierfailureroute
@1.11,2.1 2 id - id:int(10)U+ carrier:int(10)U=0 domain:char(64)= scan_prefix:char(64)= host_name:char(128)=
 reply_code:char(3)= flags:int(11)U=0 mask:int(11)U=0 next_domain:char(64)= description:char(255)?
@2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 2 id - id:int(10)U+ carrier:int(10)U=0 domain:char(64)=
 scan_prefix:char(64)= host_name:char(255)= reply_code:char(3)= flags:int(11)U=0 mask:int(11)U=0 next_domain:char(64)=
 description:char(255)?
=carrierroute
@1.11,2.1 3 id - id:int(10)U+ carrier:int(10)U=0 domain:char(64)= scan_prefix:char(64)= flags:int(11)U=0
 mask:int(11)U=0 prob:float=0 strip:int(11)U=0 rewrite_host:char(128)= rewrite_prefix:char(64)=
 rewrite_suffix:char(64)= description:char(255)?
@2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 3 id - id:int(10)U+ carrier:int(10)U=0 domain:char(64)=
 scan_prefix:char(64)= flags:int(11)U=0 mask:int(11)U=0 prob:float=0 strip:int(11)U=0 rewrite_host:char(255)=
 rewrite_prefix:char(64)= rewrite_suffix:char(64)= description:char(255)?
=cc_agents
@1.11,2.1,2.2,2.3,2.4,3.0 1 id agentid id:int(10)U+ agentid:char(128) location:char(128) logstate:int(10)U=0
 skills:char(255) last_call_end:int(11)=0
@3.1,3.2 2 id agentid id:int(10)U+ agentid:char(128) location:char(128) logstate:int(10)U=0 skills:char(255)
 wrapup_end_time:int(11)=0 wrapup_time:int(11)=0
@3.3,3.4,3.5,3.6,4.0,4.1 3 id agentid id:int(10)U+ agentid:char(128) location:char(128)? logstate:int(10)U=0
 msrp_location:char(128)? msrp_max_sessions:int(10)U=4 skills:char(255) wrapup_end_time:int(11)=0
 wrapup_time:int(11)=0
=cc_calls
@1.11,2.1 - b2buaid id id:int(10)U+ state:int(11) ig_cback:int(11) no_rej:int(11) setup_time:int(11) eta:int(11)
 last_start:int(11) recv_time:int(11) caller_dn:char(128) caller_un:char(128) b2buaid:char(128)= flow:char(128)
 agent:char(128)
@2.2,2.3,2.4,3.0 - id b2buaid id:int(10)U+ state:int(11) ig_cback:int(11) no_rej:int(11) setup_time:int(11)
 eta:int(11) last_start:int(11) recv_time:int(11) caller_dn:char(128) caller_un:char(128) b2buaid:char(128)=
 flow:char(128) agent:char(128)
@3.1,3.2 2 id b2buaid id:int(10)U+ state:int(11) ig_cback:int(11) no_rej:int(11) setup_time:int(11) eta:int(11)
 last_start:int(11) recv_time:int(11) caller_dn:char(128) caller_un:char(128) b2buaid:char(128)= flow:char(128)
 agent:char(128) script_param:char(128)
@3.3,3.4,3.5,3.6,4.0,4.1 3 id b2buaid id:int(10)U+ state:int(11) media:int(11) ig_cback:int(11) no_rej:int(11)
 setup_time:int(11) eta:int(11) last_start:int(11) recv_time:int(11) caller_dn:char(128) caller_un:char(128)
 b2buaid:char(128)= flow:char(128) agent:char(128) script_param:char(128)
=cc_cdrs
@1.11,2.1,2.2,2.3,2.4,3.0,3.1,3.2 1 id - id:int(10)U+ caller:char(64) received_timestamp:datetime wait_time:int(11)U=0
 pickup_time:int(11)U=0 talk_time:int(11)U=0 flow_id:char(128) agent_id:char(128)? call_type:int(11)=-1
 rejected:int(11)U=0 fstats:int(11)U=0 cid:int(11)U?=0
@3.3,3.4,3.5,3.6,4.0,4.1 2 id - id:int(10)U+ caller:char(64) received_timestamp:datetime wait_time:int(11)U=0
 pickup_time:int(11)U=0 talk_time:int(11)U=0 flow_id:char(128) agent_id:char(128)? call_type:int(11)=-1
 rejected:int(11)U=0 fstats:int(11)U=0 cid:int(11)U?=0 media:int(11)=0
=cc_flows
@1.11,2.1,2.2,2.3,2.4,3.0 1 id flowid id:int(10)U+ flowid:char(64) priority:int(11)U=256 skill:char(64)
 prependcid:char(32) message_welcome:char(128)? message_queue:char(128)
@3.1,3.2 2 id flowid id:int(10)U+ flowid:char(64) priority:int(11)U=256 skill:char(64) prependcid:char(32)
 max_wrapup_time:int(11)U=0 dissuading_hangup:int(11)U=0 dissuading_onhold_th:int(11)U=0 dissuading_ewt_th:int(11)U=0
 dissuading_qsize_th:int(11)U=0 message_welcome:char(128)? message_queue:char(128) message_dissuading:char(128)
 message_flow_id:char(128)?
@3.3,3.4,3.5,3.6,4.0,4.1 2 id flowid id:int(10)U+ flowid:char(64) priority:int(11)U=256 skill:char(64)
 prependcid:char(32)? max_wrapup_time:int(11)U=0 dissuading_hangup:int(11)U=0 dissuading_onhold_th:int(11)U=0
 dissuading_ewt_th:int(11)U=0 dissuading_qsize_th:int(11)U=0 message_welcome:char(128)? message_queue:char(128)
 message_dissuading:char(128)? message_flow_id:char(128)?
=closeddial
@1.11,2.1 1 id username,domain,cd_domain,cd_username,group_id id:int(10)U+ username:char(64)= domain:char(64)=
 cd_username:char(64)= cd_domain:char(64)= group_id:char(64)= new_uri:char(128)=
@2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 1 id username,domain,cd_domain,cd_username,group_id id:int(10)U+
 username:char(64)= domain:char(64)= cd_username:char(64)= cd_domain:char(64)= group_id:char(64)= new_uri:char(255)=
=clusterer
@2.2 1 id cluster_id,machine_id id:int(10)+ cluster_id:int(10) machine_id:int(10) url:char(64) state:int(1)=1
 last_attempt:bigint(64)U=0 failed_attempts:int(10)=3 no_tries:int(10)=0 duration:int(10)=30 description:char(64)?
@2.3 2 id cluster_id,node_id id:int(10)+ cluster_id:int(10) node_id:int(10) url:char(64) state:int(1)=1
 ls_seq_no:int(10)=0 top_seq_no:int(10)=0 no_ping_retries:int(10)=3 priority:int(10)=50 sip_addr:char(64)?
 description:char(64)?
@2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 4 id cluster_id,node_id id:int(10)+ cluster_id:int(10) node_id:int(10)
 url:char(64) state:int(1)=1 no_ping_retries:int(10)=3 priority:int(10)=50 sip_addr:char(64)? flags:char(64)?
 description:char(64)?
=clusterer_bridge
@4.0,4.1 1 id cluster_a,cluster_b id:int(10)+ cluster_a:int(10) cluster_b:int(10) send_shtag:char(32)
 dst_node_csv:text?
=config
@3.6,4.0,4.1 1 id name id:int(10)U+ name:char(255) value:text(4096)? description:char(255)?
=cpl
@1.11,2.1,2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 2 id username,domain id:int(10)U+ username:char(64)
 domain:char(64)= cpl_xml:text? cpl_bin:text?
=dbaliases
@1.11,2.1,2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 2 id alias_username,alias_domain id:int(10)U+
 alias_username:char(64)= alias_domain:char(64)= username:char(64)= domain:char(64)=
=dialog
@1.11 9 dlg_id - dlg_id:bigint(10)U callid:char(255) from_uri:char(128) from_tag:char(64) to_uri:char(128)
 to_tag:char(64) mangled_from_uri:char(64)? mangled_to_uri:char(64)? caller_cseq:char(11) callee_cseq:char(11)
 caller_ping_cseq:int(11)U callee_ping_cseq:int(11)U caller_route_set:text(512)? callee_route_set:text(512)?
 caller_contact:char(128)? callee_contact:char(128)? caller_sock:char(64) callee_sock:char(64) state:int(10)U
 start_time:int(10)U timeout:int(10)U vars:blob(4096)? profiles:text(512)? script_flags:int(10)U=0 flags:int(10)U=0
@2.1 10 dlg_id - dlg_id:bigint(10)U callid:char(255) from_uri:char(128) from_tag:char(64) to_uri:char(128)
 to_tag:char(64) mangled_from_uri:char(64)? mangled_to_uri:char(64)? caller_cseq:char(11) callee_cseq:char(11)
 caller_ping_cseq:int(11)U callee_ping_cseq:int(11)U caller_route_set:text(512)? callee_route_set:text(512)?
 caller_contact:char(128)? callee_contact:char(128)? caller_sock:char(64) callee_sock:char(64) state:int(10)U
 start_time:int(10)U timeout:int(10)U vars:blob(4096)? profiles:text(512)? script_flags:int(10)U=0
 module_flags:int(10)U=0 flags:int(10)U=0
@2.2,2.3,2.4,3.0 10 dlg_id - dlg_id:bigint(10)U callid:char(255) from_uri:char(255) from_tag:char(64) to_uri:char(255)
 to_tag:char(64) mangled_from_uri:char(64)? mangled_to_uri:char(64)? caller_cseq:char(11) callee_cseq:char(11)
 caller_ping_cseq:int(11)U callee_ping_cseq:int(11)U caller_route_set:text(512)? callee_route_set:text(512)?
 caller_contact:char(255)? callee_contact:char(255)? caller_sock:char(64) callee_sock:char(64) state:int(10)U
 start_time:int(10)U timeout:int(10)U vars:blob(4096)? profiles:text(512)? script_flags:int(10)U=0
 module_flags:int(10)U=0 flags:int(10)U=0
@3.1,3.3 11 dlg_id - dlg_id:bigint(10)U callid:char(255) from_uri:char(255) from_tag:char(64) to_uri:char(255)
 to_tag:char(64) mangled_from_uri:char(64)? mangled_to_uri:char(64)? caller_cseq:char(11) callee_cseq:char(11)
 caller_ping_cseq:int(11)U callee_ping_cseq:int(11)U caller_route_set:text(512)? callee_route_set:text(512)?
 caller_contact:char(255)? callee_contact:char(255)? caller_sock:char(64) callee_sock:char(64) state:int(10)U
 start_time:int(10)U timeout:int(10)U vars:blob(4096)? profiles:text(512)? script_flags:int(10)U=0
 module_flags:int(10)U=0 flags:int(10)U=0 rt_on_answer:char(64)? rt_on_timeout:char(64)? rt_on_hangup:char(64)?
@3.2 11 dlg_id - dlg_id:bigint(10)U callid:char(255) from_uri:char(255) from_tag:char(64) to_uri:char(255)
 to_tag:char(64) mangled_from_uri:char(255)? mangled_to_uri:char(255)? caller_cseq:char(11) callee_cseq:char(11)
 caller_ping_cseq:int(11)U callee_ping_cseq:int(11)U caller_route_set:text(512)? callee_route_set:text(512)?
 caller_contact:char(255)? callee_contact:char(255)? caller_sock:char(64) callee_sock:char(64) state:int(10)U
 start_time:int(10)U timeout:int(10)U vars:blob(4096)? profiles:text(512)? script_flags:int(10)U=0
 module_flags:int(10)U=0 flags:int(10)U=0 rt_on_answer:char(64)? rt_on_timeout:char(64)? rt_on_hangup:char(64)?
@3.4,3.5,3.6,4.0,4.1 12 dlg_id - dlg_id:bigint(10)U callid:char(255) from_uri:char(255) from_tag:char(64)
 to_uri:char(255) to_tag:char(64) mangled_from_uri:char(255)? mangled_to_uri:char(255)? caller_cseq:char(11)
 callee_cseq:char(11) caller_ping_cseq:int(11)U callee_ping_cseq:int(11)U caller_route_set:text(512)?
 callee_route_set:text(512)? caller_contact:char(255)? callee_contact:char(255)? caller_sock:char(64)
 callee_sock:char(64) state:int(10)U start_time:int(10)U timeout:int(10)U vars:blob(4096)? profiles:text(512)?
 script_flags:char(255)? module_flags:int(10)U=0 flags:int(10)U=0 rt_on_answer:char(64)? rt_on_timeout:char(64)?
 rt_on_hangup:char(64)?
=dialplan
@1.11 4 id - id:int(10)U+ dpid:int(11) pr:int(11) match_op:int(11) match_exp:char(64) match_flags:int(11)
 subst_exp:char(64)? repl_exp:char(32)? disabled:int(11)=0 attrs:char(32)?
@2.1,2.2,2.3 5 id - id:int(10)U+ dpid:int(11) pr:int(11) match_op:int(11) match_exp:char(64) match_flags:int(11)
 subst_exp:char(64)? repl_exp:char(32)? timerec:char(255)? disabled:int(11)=0 attrs:char(32)?
@2.4 5 id - id:int(10)U+ dpid:int(11) pr:int(11) match_op:int(11) match_exp:char(64) match_flags:int(11)
 subst_exp:char(64)? repl_exp:char(32)? timerec:char(255)? disabled:int(11)=0 attrs:char(255)?
@3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 5 id - id:int(10)U+ dpid:int(11) pr:int(11)=0 match_op:int(11) match_exp:char(64)
 match_flags:int(11)=0 subst_exp:char(64)? repl_exp:char(32)? timerec:char(255)? disabled:int(11)=0 attrs:char(255)?
=dispatcher
@1.11 6 id - id:int(10)U+ setid:int=0 destination:char(192)= socket:char(128)? state:int=0 weight:int=1
 attrs:char(128)= description:char(64)=
@2.1,2.2 7 id - id:int(10)U+ setid:int=0 destination:char(192)= socket:char(128)? state:int=0 weight:int=1
 priority:int=0 attrs:char(128)= description:char(64)=
@2.3,2.4,3.0,3.1,3.2,3.3 8 id - id:int(10)U+ setid:int=0 destination:char(192)= socket:char(128)? state:int=0
 weight:char(64)=1 priority:int=0 attrs:char(128)= description:char(64)=
@3.4 9 id - id:int(10)U+ setid:int=0 destination:char(192)= socket:char(128)? state:int=0 probe_mode:int(11)U=0
 weight:char(64)=1 priority:int=0 attrs:char(128)= description:char(64)=
@3.5,3.6,4.0,4.1 9 id - id:int(10)U+ setid:int=0 destination:char(192)= socket:char(128)? state:int=0
 probe_mode:int(11)U=0 weight:char(64)=1 priority:int=0 attrs:char(128)? description:char(64)?
=domain
@1.11 2 id domain id:int(10)U+ domain:char(64)= last_modified:datetime=1900-01-01~00:00:01
@2.1,2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5 3 id domain id:int(10)U+ domain:char(64)= attrs:char(255)?
 last_modified:datetime=1900-01-01~00:00:01
@3.6,4.0,4.1 4 id domain id:int(10)U+ domain:char(64)= attrs:char(255)? accept_subdomain:int(11)U=0
 last_modified:datetime=1900-01-01~00:00:01
=domainpolicy
@1.11,2.1,2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 3 id rule,att,val id:int(10)U+ rule:char(255) type:char(255)
 att:char(255)? val:char(128)? description:char(255)
=dr_carriers
@1.11,2.1,2.2 2 id carrierid id:int(10)U+ carrierid:char(64) gwlist:char(255) flags:int(11)U=0 state:int(11)U=0
 attrs:char(255)?= description:char(128)=
@2.3,2.4,3.0 2 id carrierid id:int(10)U+ carrierid:char(64) gwlist:char(255) flags:int(11)U=0 state:int(11)U=0
 attrs:char(255)? description:char(128)?
@3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 3 id carrierid id:int(10)U+ carrierid:char(64) gwlist:char(255) flags:int(11)U=0
 sort_alg:char(1)=N state:int(11)U=0 attrs:char(255)? description:char(128)?
=dr_gateways
@1.11,2.1,2.2 6 id gwid id:int(10)U+ gwid:char(64) type:int(11)U=0 address:char(128) strip:int(11)U=0
 pri_prefix:char(16)? attrs:char(255)? probe_mode:int(11)U=0 state:int(11)U=0 socket:char(128)? description:char(128)=
@2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 6 id gwid id:int(10)U+ gwid:char(64) type:int(11)U=0 address:char(128)
 strip:int(11)U=0 pri_prefix:char(16)? attrs:char(255)? probe_mode:int(11)U=0 state:int(11)U=0 socket:char(128)?
 description:char(128)?
=dr_groups
@1.11,2.1,2.2 2 id - id:int(10)U+ username:char(64) domain:char(128)= groupid:int(11)U=0 description:char(128)=
@2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 2 id - id:int(10)U+ username:char(64) domain:char(128)?
 groupid:int(11)U=0 description:char(128)?
=dr_partitions
@2.1,2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 1 id - id:int(10)U+ partition_name:char(255) db_url:char(255)
 drd_table:char(255)? drr_table:char(255)? drg_table:char(255)? drc_table:char(255)? ruri_avp:char(255)?
 gw_id_avp:char(255)? gw_priprefix_avp:char(255)? gw_sock_avp:char(255)? rule_id_avp:char(255)?
 rule_prefix_avp:char(255)? carrier_id_avp:char(255)?
=dr_rules
@1.11,2.1,2.2 3 ruleid - ruleid:int(10)U+ groupid:char(255) prefix:char(64) timerec:char(255) priority:int(11)=0
 routeid:char(255)? gwlist:char(255) attrs:char(255)? description:char(128)=
@2.3,2.4,3.0 3 ruleid - ruleid:int(10)U+ groupid:char(255) prefix:char(64) timerec:char(255)? priority:int(11)=0
 routeid:char(255)? gwlist:char(255) attrs:char(255)? description:char(128)?
@3.1 4 ruleid - ruleid:int(10)U+ groupid:char(255) prefix:char(64) timerec:char(255)? priority:int(11)=0
 routeid:char(255)? gwlist:char(255) sort_alg:char(1)=N sort_profile:int(10)U? attrs:char(255)? description:char(128)?
@3.2,3.3,3.4,3.5,3.6,4.0,4.1 4 ruleid - ruleid:int(10)U+ groupid:char(255) prefix:char(64) timerec:char(255)?
 priority:int(11)=0 routeid:char(255)? gwlist:char(255)? sort_alg:char(1)=N sort_profile:int(10)U? attrs:char(255)?
 description:char(128)?
=emergency_report
@2.1,2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 1 id - id:int(10)U+ callid:char(25) selectiveRoutingID:char(11)
 routingESN:int(5)U=0 npa:int(3)U=0 esgwri:char(50) lro:char(20) VPC_organizationName:char(50) VPC_hostname:char(50)
 VPC_timestamp:char(30) result:char(4) disposition:char(10)
=emergency_routing
@2.1,2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 1 id - id:int(10)U+ selectiveRoutingID:char(11)
 routingESN:int(5)U=0 npa:int(3)U=0 esgwri:char(50)
=emergency_service_provider
@2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 1 id - id:int(10)U+ organizationName:char(50) hostId:char(30)
 nenaId:char(50) contact:char(20) certUri:char(50) nodeIP:char(20) attribution:int(2)U
=fraud_detection
@2.1,2.2,2.3 1 ruleid - ruleid:int(10)U+ profileid:intU prefix:char(64) start_hour:char(5) end_hour:char(5)
 daysoftheweek:char(64) cpm_warning:int(5)U cpm_critical:int(5)U call_duration_warning:int(5)U
 call_duration_critical:int(5)U total_calls_warning:int(5)U total_calls_critical:int(5)U
 concurrent_calls_warning:int(5)U concurrent_calls_critical:int(5)U sequential_calls_warning:int(5)U
 sequential_calls_critical:int(5)U
@2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 1 ruleid - ruleid:int(10)U+ profileid:intU prefix:char(64)
 start_hour:char(5)=00:00 end_hour:char(5)=23:59 daysoftheweek:char(64)=Mon-Sun cpm_warning:int(5)U=0
 cpm_critical:int(5)U=0 call_duration_warning:int(5)U=0 call_duration_critical:int(5)U=0 total_calls_warning:int(5)U=0
 total_calls_critical:int(5)U=0 concurrent_calls_warning:int(5)U=0 concurrent_calls_critical:int(5)U=0
 sequential_calls_warning:int(5)U=0 sequential_calls_critical:int(5)U=0
=freeswitch
@2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 1 id - id:int(10)U+ username:char(64)? password:char(64) ip:char(20)
 port:int(11)=8021 events_csv:char(255)?
=globalblacklist
@1.11,2.1,2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 2 id - id:int(10)U+ prefix:char(64)= whitelist:tinyint(1)=0
 description:char(255)?
=grp
@1.11,2.1,2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 3 id username,domain,grp id:int(10)U+ username:char(64)=
 domain:char(64)= grp:char(64)= last_modified:datetime=1900-01-01~00:00:01
=imc_members
@1.11,2.1,2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 2 id username,domain,room id:int(10)U+ username:char(64)
 domain:char(64) room:char(64) flag:int(11)
=imc_rooms
@1.11,2.1,2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 2 id name,domain id:int(10)U+ name:char(64) domain:char(64)
 flag:int(11)
=janus
@3.6,4.0,4.1 1 id - id:int(10)U+ janus_id:text janus_url:text
=jwt_profiles
@3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 1 id tag id:int(10)U+ tag:char(128) sip_username:char(128)
=jwt_secrets
@3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 1 id - id:int(10)U+ corresponding_tag:char(128) secret:text start_ts:int end_ts:int
=load_balancer
@1.11,2.1,2.2 2 id - id:int(10)U+ group_id:int(11)U=0 dst_uri:char(128) resources:char(255) probe_mode:int(11)U=0
 description:char(128)=
@2.3,2.4,3.0 2 id - id:int(10)U+ group_id:int(11)U=0 dst_uri:char(128) resources:char(255) probe_mode:int(11)U=0
 description:char(128)?
@3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 3 id - id:int(10)U+ group_id:int(11)U=0 dst_uri:char(128) resources:char(255)
 probe_mode:int(11)U=0 attrs:char(255)? description:char(128)?
=location
@1.11,2.1 1009 id username,domain,contact,callid id:int(10)U+ username:char(64)= domain:char(64)= contact:char(255)=
 received:char(128)? path:char(255)? expires:datetime=2020-05-28~21:32:15 q:float(10,2)=1.0
 callid:char(255)=Default-Call-ID cseq:int(11)=13 last_modified:datetime=1900-01-01~00:00:01 flags:int(11)=0
 cflags:char(255)? user_agent:char(255)= socket:char(64)? methods:int(11)? sip_instance:char(255)? attr:char(255)?
@2.2,2.3 1011 contact_id - contact_id:bigint(10)U+ username:char(64)= domain:char(64)? contact:char(255)=
 received:char(255)? path:char(255)? expires:datetime=2020-05-28~21:32:15 q:float(10,2)=1.0
 callid:char(255)=Default-Call-ID cseq:int(11)=13 last_modified:datetime=1900-01-01~00:00:01 flags:int(11)=0
 cflags:char(255)? user_agent:char(255)= socket:char(64)? methods:int(11)? sip_instance:char(255)? attr:char(255)?
@2.4,3.0 1013 contact_id - contact_id:bigint(10)U+ username:char(64)= domain:char(64)? contact:char(255)=
 received:char(255)? path:char(255)? expires:int(10)U q:float(10,2)=1.0 callid:char(255)=Default-Call-ID
 cseq:int(11)=13 last_modified:datetime=1900-01-01~00:00:01 flags:int(11)=0 cflags:char(255)? user_agent:char(255)=
 socket:char(64)? methods:int(11)? sip_instance:char(255)? kv_store:text(512)? attr:char(255)?
@3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 1013 contact_id - contact_id:bigint(10)U+ username:char(64)= domain:char(64)?
 contact:text received:char(255)? path:char(255)? expires:int(10)U q:float(10,2)=1.0 callid:char(255)=Default-Call-ID
 cseq:int(11)=13 last_modified:datetime=1900-01-01~00:00:01 flags:int(11)=0 cflags:char(255)? user_agent:char(255)=
 socket:char(64)? methods:int(11)? sip_instance:char(255)? kv_store:text(512)? attr:char(255)?
=missed_calls
@1.11 4 id - id:int(10)U+ method:char(16)= from_tag:char(64)= to_tag:char(64)= callid:char(64)= sip_code:char(3)=
 sip_reason:char(32)= time:datetime
@2.1,2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 5 id - id:int(10)U+ method:char(16)= from_tag:char(64)=
 to_tag:char(64)= callid:char(64)= sip_code:char(3)= sip_reason:char(32)= time:datetime setuptime:int(11)U=0
 created:datetime?
=pdt
@1.11,2.1 2 id sdomain,prefix id:int(10)U+ sdomain:char(128) prefix:char(32) domain:char(128)=
=presentity
@1.11,2.1 5 id username,domain,event,etag id:int(10)U+ username:char(64) domain:char(64) event:char(64) etag:char(64)
 expires:int(11) received_time:int(11) body:blob extra_hdrs:blob= sender:char(128)
@2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 5 id username,domain,event,etag id:int(10)U+ username:char(64)
 domain:char(64) event:char(64) etag:char(64) expires:int(11) received_time:int(11) body:blob? extra_hdrs:blob?
 sender:char(255)?
=pua
@1.11,2.1 8 id - id:int(10)U+ pres_uri:char(128) pres_id:char(255) event:int(11) expires:int(11)
 desired_expires:int(11) flag:int(11) etag:char(64)? tuple_id:char(64)? watcher_uri:char(128)? to_uri:char(128)?
 call_id:char(64)? to_tag:char(64)? from_tag:char(64)? cseq:int(11)? record_route:text? contact:char(128)?
 remote_contact:char(128)? version:int(11)? extra_headers:text?
@2.2,2.3,2.4,3.0,3.1 8 id - id:int(10)U+ pres_uri:char(255) pres_id:char(255) event:int(11) expires:int(11)
 desired_expires:int(11) flag:int(11) etag:char(64)? tuple_id:char(64)? watcher_uri:char(255)? to_uri:char(255)?
 call_id:char(64)? to_tag:char(64)? from_tag:char(64)? cseq:int(11)? record_route:text? contact:char(255)?
 remote_contact:char(255)? version:int(11)? extra_headers:text?
@3.2,3.3,3.4,3.5,3.6,4.0,4.1 9 id - id:int(10)U+ pres_uri:char(255) pres_id:char(255) event:int(11) expires:int(11)
 desired_expires:int(11) flag:int(11) etag:char(64)? tuple_id:char(64)? watcher_uri:char(255)? to_uri:char(255)?
 call_id:char(64)? to_tag:char(64)? from_tag:char(64)? cseq:int(11)? record_route:text? contact:char(255)?
 remote_contact:char(255)? version:int(11)? extra_headers:text? sharing_tag:char(32)?
=qr_profiles
@3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 1 id - id:int(10)U+ profile_name:char(64) warn_threshold_asr:double=-1
 warn_threshold_ccr:double=-1 warn_threshold_pdd:double=-1 warn_threshold_ast:double=-1 warn_threshold_acd:double=-1
 crit_threshold_asr:double=-1 crit_threshold_ccr:double=-1 crit_threshold_pdd:double=-1 crit_threshold_ast:double=-1
 crit_threshold_acd:double=-1 warn_penalty_asr:double=0.5 warn_penalty_ccr:double=0.5 warn_penalty_pdd:double=0.5
 warn_penalty_ast:double=0.5 warn_penalty_acd:double=0.5 crit_penalty_asr:double=0.05 crit_penalty_ccr:double=0.05
 crit_penalty_pdd:double=0.05 crit_penalty_ast:double=0.05 crit_penalty_acd:double=0.05
=rc_clients
@3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 1 id client_id id:int(10)U+ client_id:char(64) wholesale_rate:int(11)U=0
 retail_rate:int(11)U=0
=rc_demo_ratesheet
@3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 1 id prefix id:int(10)U+ prefix:char(64) destination:char(128) price:float=0
 minimum:int(11)U=0 increment:int(11)U=1
=rc_ratesheets
@3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 1 id ratesheet_table id:int(10)U+ ratesheet_table:char(64) currency:char(64)
=rc_vendors
@3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 1 id vendor_id id:int(10)U+ vendor_id:char(64) vendor_rate:int(11)U=0
=re_grp
@1.11,2.1,2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 2 id - id:int(10)U+ reg_exp:char(128)= group_id:int(11)=0
=registrant
@1.11,2.1 1 id aor id:int(10)U+ registrar:char(128)= proxy:char(128)? aor:char(128)= third_party_registrant:char(128)?
 username:char(64)? password:char(64)? binding_URI:char(128)= binding_params:char(64)? expiry:int(1)U?
 forced_socket:char(64)?
@2.2,2.3,2.4 1 id aor id:int(10)U+ registrar:char(255)= proxy:char(255)? aor:char(255)=
 third_party_registrant:char(255)? username:char(64)? password:char(64)? binding_URI:char(255)=
 binding_params:char(64)? expiry:int(1)U? forced_socket:char(64)?
@3.0,3.1 2 id aor id:int(10)U+ registrar:char(255)= proxy:char(255)? aor:char(255)= third_party_registrant:char(255)?
 username:char(64)? password:char(64)? binding_URI:char(255)= binding_params:char(64)? expiry:int(1)U?
 forced_socket:char(64)? cluster_shtag:char(64)?
@3.2,3.3,3.4,3.5,3.6,4.0,4.1 3 id aor,binding_URI,registrar id:int(10)U+ registrar:char(255)= proxy:char(255)?
 aor:char(255)= third_party_registrant:char(255)? username:char(64)? password:char(64)? binding_URI:char(255)=
 binding_params:char(64)? expiry:int(1)U? forced_socket:char(64)? cluster_shtag:char(64)? state:int=0
=rls_presentity
@1.11,2.1 1 id rlsubs_did,resource_uri id:int(10)U+ rlsubs_did:char(255) resource_uri:char(128) content_type:char(255)
 presence_state:blob expires:int(11) updated:int(11) auth_state:int(11) reason:char(64)
@2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 1 id rlsubs_did,resource_uri id:int(10)U+ rlsubs_did:char(255)
 resource_uri:char(255) content_type:char(255) presence_state:blob expires:int(11) updated:int(11) auth_state:int(11)
 reason:char(64)
=rls_watchers
@1.11,2.1 2 id presentity_uri,callid,to_tag,from_tag id:int(10)U+ presentity_uri:char(128) to_user:char(64)
 to_domain:char(64) watcher_username:char(64) watcher_domain:char(64) event:char(64)=presence event_id:char(64)?
 to_tag:char(64) from_tag:char(64) callid:char(64) local_cseq:int(11) remote_cseq:int(11) contact:char(64)
 record_route:text? expires:int(11) status:int(11)=2 reason:char(64) version:int(11)=0 socket_info:char(64)
 local_contact:char(128)
@2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 2 id presentity_uri,callid,to_tag,from_tag id:int(10)U+
 presentity_uri:char(255) to_user:char(64) to_domain:char(64) watcher_username:char(64) watcher_domain:char(64)
 event:char(64)=presence event_id:char(64)? to_tag:char(64) from_tag:char(64) callid:char(64) local_cseq:int(11)
 remote_cseq:int(11) contact:char(64) record_route:text? expires:int(11) status:int(11)=2 reason:char(64)
 version:int(11)=0 socket_info:char(64) local_contact:char(255)
=route_tree
@1.11,2.1,2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 2 id - id:int(10)U+ carrier:char(64)?
=rtpengine
@2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 1 id - id:int(10)U+ socket:text set_id:int(10)U
=rtpproxy_sockets
@1.11,2.1,2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 0 id - id:int(10)U+ rtpproxy_sock:text set_id:int(10)U
=silo
@1.11,2.1 6 id - id:int(10)U+ src_addr:char(128)= dst_addr:char(128)= username:char(64)= domain:char(64)=
 inc_time:int=0 exp_time:int=0 snd_time:int=0 ctype:char(255)? body:blob?
@2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 6 id - id:int(10)U+ src_addr:char(255)= dst_addr:char(255)=
 username:char(64)= domain:char(64)= inc_time:int=0 exp_time:int=0 snd_time:int=0 ctype:char(255)? body:blob?
=sip_trace
@1.11 3 id - id:int(10)U+ time_stamp:datetime=1900-01-01~00:00:01 callid:char(255)= traced_user:char(128)? msg:text
 method:char(32)= status:char(128)? fromip:char(50)= toip:char(50)= fromtag:char(64)= direction:char(4)=
@2.1 4 id - id:int(10)U+ time_stamp:datetime=1900-01-01~00:00:01 callid:char(255)= traced_user:char(128)? msg:text
 method:char(32)= status:char(128)? from_proto:char(5) from_ip:char(50)= from_port:int(5)U to_proto:char(5)
 to_ip:char(50)= to_port:int(5)U fromtag:char(64)= direction:char(4)=
@2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 5 id - id:int(10)U+ time_stamp:datetime=1900-01-01~00:00:01
 callid:char(255)= trace_attrs:char(255)? msg:text method:char(32)= status:char(255)? from_proto:char(5)
 from_ip:char(50)= from_port:int(5)U to_proto:char(5) to_ip:char(50)= to_port:int(5)U fromtag:char(64)=
 direction:char(4)=
=smpp
@3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 1 id name id:int(10)U+ name:char(255) ip:char(50) port:int(5)U system_id:char(16)
 password:char(9) system_type:char(13)= src_ton:intU=0 src_npi:intU=0 dst_ton:intU=0 dst_npi:intU=0
 session_type:intU=1
=sockets
@3.6,4.0,4.1 1 id - id:int(10)U+ socket:char(128) advertised:char(128)? tag:char(128)? flags:char(128)? tos:char(32)?
=speed_dial
@1.11,2.1 3 id username,domain,sd_domain,sd_username id:int(10)U+ username:char(64)= domain:char(64)=
 sd_username:char(64)= sd_domain:char(64)= new_uri:char(128)= fname:char(64)= lname:char(64)= description:char(64)=
@2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 3 id username,domain,sd_domain,sd_username id:int(10)U+
 username:char(64)= domain:char(64)= sd_username:char(64)= sd_domain:char(64)= new_uri:char(255)= fname:char(64)=
 lname:char(64)= description:char(64)=
=subscriber
@1.11,2.1,2.2,2.3,2.4,3.0,3.1 7 id username,domain id:int(10)U+ username:char(64)= domain:char(64)= password:char(25)=
 email_address:char(64)= ha1:char(64)= ha1b:char(64)= rpid:char(64)?
@3.2,3.3,3.4,3.5 8 id username,domain id:int(10)U+ username:char(64)= domain:char(64)= password:char(25)=
 email_address:char(64)= ha1:char(64)= ha1_sha256:char(64)= ha1_sha512t256:char(64)= rpid:char(64)?
@3.6,4.0,4.1 8 id username,domain id:int(10)U+ username:char(64)= domain:char(64)= password:char(25)= ha1:char(64)=
 ha1_sha256:char(64)= ha1_sha512t256:char(64)=
=tcp_mgm
@3.3,3.4,3.5,3.6 1 id - id:int(10)U+ proto:char(8)=any remote_addr:char(43)? remote_port:intU=0 local_addr:char(43)?
 local_port:intU=0 priority:int=0 attrs:char(255)? connect_timeout:intU=100 con_lifetime:intU=120
 msg_read_timeout:intU=4 send_threshold:intU=0 no_new_conn:intU=0 alias_mode:intU=0 parallel_read:intU=0
 keepalive:intU=1 keepcount:intU=9 keepidle:intU=7200 keepinterval:intU=75
@4.0,4.1 2 id - id:int(10)U+ proto:char(8)=any remote_addr:char(43)? remote_port:intU=0 local_addr:char(43)?
 local_port:intU=0 priority:int=0 attrs:char(255)? connect_timeout:intU=100 con_lifetime:intU=120
 msg_read_timeout:intU=4 send_threshold:intU=0 no_new_conn:intU=0 alias_mode:intU=0 keepalive:intU=1 keepcount:intU=9
 keepidle:intU=7200 keepinterval:intU=75
=tls_mgm
@2.2 1 id - id:char(64) address:char(64) type:int(1) method:char(16)? verify_cert:int(1)? require_cert:int(1)?
 certificate:char(255)? private_key:char(255)? crl_check_all:int(1)? crl_dir:char(255)? ca_list:char(255)?
 ca_dir:char(255)? cipher_list:char(255)? dh_params:char(255)? ec_curve:char(255)?
@2.3 2 id domain,type id:int(10)U+ domain:char(64) address:char(64)? type:int(1)=1 method:char(16)?=SSLv23
 verify_cert:int(1)?=1 require_cert:int(1)?=1 certificate:blob? private_key:blob? crl_check_all:int(1)?=0
 crl_dir:char(255)? ca_list:blob? ca_dir:char(255)? cipher_list:char(255)? dh_params:blob? ec_curve:char(255)?
@2.4 2 id domain,type id:int(10)U+ domain:char(64) address:char(64)? type:int(1)=1 method:char(16)?=SSLv23
 verify_cert:int(1)?=1 require_cert:int(1)?=1 certificate:blob? private_key:blob? crl_check_all:int(1)?=0
 crl_dir:char(255)? ca_list:mediumblob? ca_dir:char(255)? cipher_list:char(255)? dh_params:blob? ec_curve:char(255)?
@3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 3 id domain,type id:int(10)U+ domain:char(64) match_ip_address:char(255)?
 match_sip_domain:char(255)? type:int(1)=1 method:char(16)?=SSLv23 verify_cert:int(1)?=1 require_cert:int(1)?=1
 certificate:blob? private_key:blob? crl_check_all:int(1)?=0 crl_dir:char(255)? ca_list:mediumblob? ca_dir:char(255)?
 cipher_list:char(255)? dh_params:blob? ec_curve:char(255)?
=trie_partitions
@3.6,4.0,4.1 1 id - id:int(10)U+ partition_name:char(255) db_url:char(255) trie_table:char(255)?
=trie_table
@3.6,4.0,4.1 1 ruleid - ruleid:int(10)U+ prefix:char(64) attrs:char(255)? enabled:int(11)=1
=uri
@1.11,2.1,2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 2 id username,domain,uri_user id:int(10)U+
 username:char(64)= domain:char(64)= uri_user:char(64)= last_modified:datetime=1900-01-01~00:00:01
=userblacklist
@1.11,2.1,2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 2 id - id:int(10)U+ username:char(64)= domain:char(64)=
 prefix:char(64)= whitelist:tinyint(1)=0
=usr_preferences
@1.11,2.1 3 id - id:int(10)U+ uuid:char(64)= username:char(128)=0 domain:char(64)= attribute:char(32)= type:int(11)=0
 value:char(128)= last_modified:datetime=1900-01-01~00:00:01
@2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 3 id - id:int(10)U+ uuid:char(64)= username:char(64)=0
 domain:char(64)= attribute:char(32)= type:int(11)=0 value:char(128)= last_modified:datetime=1900-01-01~00:00:01
=version
@1.11,2.1,2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 - - table_name table_name:char(32) table_version:intU=0
=watchers
@1.11,2.1 4 id presentity_uri,watcher_username,watcher_domain,event id:int(10)U+ presentity_uri:char(128)
 watcher_username:char(64) watcher_domain:char(64) event:char(64)=presence status:int(11) reason:char(64)?
 inserted_time:int(11)
@2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 4 id presentity_uri,watcher_username,watcher_domain,event
 id:int(10)U+ presentity_uri:char(255) watcher_username:char(64) watcher_domain:char(64) event:char(64)=presence
 status:int(11) reason:char(64)? inserted_time:int(11)
=xcap
@1.11,2.1 4 id username,domain,doc_type,doc_uri id:int(10)U+ username:char(64) domain:char(64) doc:longblob
 doc_type:int(11) etag:char(64) source:int(11) doc_uri:char(128) port:int(11)
@2.2,2.3,2.4,3.0,3.1,3.2,3.3,3.4,3.5,3.6,4.0,4.1 4 id username,domain,doc_type,doc_uri id:int(10)U+ username:char(64)
 domain:char(64) doc:longblob doc_type:int(11) etag:char(64) source:int(11) doc_uri:char(255) port:int(11)
="""
