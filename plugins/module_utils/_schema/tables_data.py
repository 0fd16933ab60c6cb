# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

# Made by data/schema.py, do not edit. One text, read lazily by model.py: it costs no start-up time.

"""The database tables of OpenSIPS 1.11 to 4.1, a record each; the format is told in model.py."""

TABLES = """
1.11 2.1 2.2 2.3 2.4 3.0 3.1 3.2 3.3 3.4 3.5 3.6 4.0 4.1
=acc
@1.11 6 acc/MyISAM id callid_idx:callid id:int(10)U+ method:char(16)= from_tag:char(64)= to_tag:char(64)=
 callid:char(64)= sip_code:char(3)= sip_reason:char(32)= time:datetime duration:int(11)U=0 setuptime:int(11)U=0
 created:datetime?
@2.1 6 acc ^ ^ id..created
@2.2..4.1 7 ^ ^ ^ id..duration ms_duration:int(11)U=0 setuptime..created
=active_watchers
@1.11 10 presence/MyISAM id !active_watchers_idx:presentity_uri,callid,to_tag,from_tag id:int(10)U+
 presentity_uri:char(128) watcher_username:char(64) watcher_domain:char(64) to_user:char(64) to_domain:char(64)
 event:char(64)=presence event_id:char(64)?? to_tag:char(64) from_tag:char(64) callid:char(64) local_cseq:int(11)
 remote_cseq:int(11) contact:char(128) record_route:text?? expires:int(11) status:int(11)=2 reason:char(64)
 version:int(11)=0 socket_info:char(64) local_contact:char(128)
@2.1 10 presence ^ ^ id..local_contact
@2.2,2.3 11 ^ ^ !active_watchers_idx/ORA_active_watchers_idx:presentity_uri,callid,to_tag,from_tag id
 presentity_uri:char(255) watcher_username..remote_cseq contact:char(255) record_route..status reason:char(64)??
 version..socket_info local_contact:char(255)
@2.4..4.1 12 ^ ^ ^ id..local_contact sharing_tag:char(32)?
=address
@1.11 5 permissions/MyISAM id - id:int(10)U+ grp:smallint(5)U=0 ip:char(50) mask:tinyint=32 port:smallint(5)U=0
 proto:char(4)=any pattern:char(64)? context_info:char(32)?
@2.1..3.5 5 permissions ^ ^ id..context_info
@3.6..4.1 5 ^ ^ ^ id..ip mask:smallintU=32 port..context_info
=aliases
@1.11 1009 registrar/MyISAM id !alias_idx:username,domain,contact,callid id:int(10)U+ username:char(64)=
 domain:char(64)= contact:char(255)= received:char(128)? path:char(255)? expires:datetime=2020-05-28~21:32:15
 q:float(10,2)=1.0 callid:char(255)=Default-Call-ID cseq:int(11)=13 last_modified:datetime=1900-01-01~00:00:01
 flags:int(11)=0 cflags:char(255)? user_agent:char(255)= socket:char(64)? methods:int(11)? sip_instance:char(255)?
 attr:char(255)?
@2.1 1009 registrar ^ ^ id..attr
@2.2,2.3 1009 ^ ^ ^ id..contact received:char(255)? path..attr
=b2b_entities
@1.11 1 b2b/MyISAM id !b2b_entities_idx:type,tag0,tag1,callid;b2b_entities_param:param id:int(10)U+ type:int(2)
 state:int(2) ruri:char(128)?? from_uri:char(128) to_uri:char(128) from_dname:char(64)?? to_dname:char(64)??
 tag0:char(64) tag1:char(64)?? callid:char(64) cseq0:int(11) cseq1:int(11)?? contact0:char(128) contact1:char(128)??
 route0:text?? route1:text?? sockinfo_srv:char(64)?? param:char(128) lm:int(11) lrc:int(11)?? lic:int(11)??
 leg_cseq:int(11)?? leg_route:text?? leg_tag:char(64)?? leg_contact:char(128)?? leg_sockinfo:char(128)??
@2.1 1 b2b ^ ^ id..leg_sockinfo
@2.2..3.0 1 ^ ^ !b2b_entities_idx:type,tag0,tag1,callid;b2b_entities_param/ORA_b2b_entities_param:param id..state
 ruri:char(255)?? from_uri:char(255) to_uri:char(255) from_dname..cseq1 contact0:char(255) contact1:char(255)??
 route0..sockinfo_srv param:char(255) lm..leg_tag leg_contact:char(255)?? leg_sockinfo:char(255)??
@3.1..3.3 2 ^ ^ ^ id..param mod_name:char(32) storage:blob(4096)? lm..leg_sockinfo
@3.4..4.1 2 ^ ^ ^ id..tag1 callid:char(128) cseq0..leg_sockinfo
=b2b_logic
@1.11 2 b2b/MyISAM id !b2b_logic_idx:si_key id:int(10)U+ si_key:char(64) scenario:char(64) sstate:int(2)
 next_sstate:int(2) sparam0:char(64)?? sparam1:char(64)?? sparam2:char(64)?? sparam3:char(64)?? sparam4:char(64)??
 sdp:text(64)?? lifetime:int(10)=0 e1_type:int(2) e1_sid:char(64) e1_from:char(128) e1_to:char(128) e1_key:char(64)
 e2_type:int(2) e2_sid:char(64) e2_from:char(128) e2_to:char(128) e2_key:char(64) e3_type:int(2)?? e3_sid:char(64)??
 e3_from:char(128)?? e3_to:char(128)?? e3_key:char(64)??
@2.1 2 b2b ^ ^ id..e3_key
@2.2..3.1 3 ^ ^ ^ id..si_key scenario:char(64)?? sstate..e1_type e1_sid:char(64)?? e1_from:char(255) e1_to:char(255)
 e1_key..e2_type e2_sid:char(64)?? e2_from:char(255) e2_to:char(255) e2_key..e3_sid e3_from:char(255)??
 e3_to:char(255)?? e3_key
@3.2,3.3 4 ^ ^ ^ id..sstate sdp..e3_key
@3.4..4.1 5 ^ ^ ^ id..sstate lifetime..e1_key e1_sdp:text?? e2_type..e2_key e2_sdp:text?? e3_type..e3_key
=b2b_sca
@1.11 1 b2b_sca/MyISAM id !sca_idx:shared_line id:int(10)U+ shared_line:char(64) watchers:char(255)
 app1_shared_entity:int(1)U? app1_call_state:int(1)U? app1_call_info_uri:char(128)?
 app1_call_info_appearance_uri:char(128)? app1_b2bl_key:char(64)? app2_shared_entity:int(1)U? app2_call_state:int(1)U?
 app2_call_info_uri:char(128)? app2_call_info_appearance_uri:char(128)? app2_b2bl_key:char(64)?
 app3_shared_entity:int(1)U? app3_call_state:int(1)U? app3_call_info_uri:char(128)?
 app3_call_info_appearance_uri:char(128)? app3_b2bl_key:char(64)? app4_shared_entity:int(1)U? app4_call_state:int(1)U?
 app4_call_info_uri:char(128)? app4_call_info_appearance_uri:char(128)? app4_b2bl_key:char(64)?
 app5_shared_entity:int(1)U? app5_call_state:int(1)U? app5_call_info_uri:char(128)?
 app5_call_info_appearance_uri:char(128)? app5_b2bl_key:char(64)? app6_shared_entity:int(1)U? app6_call_state:int(1)U?
 app6_call_info_uri:char(128)? app6_call_info_appearance_uri:char(128)? app6_b2bl_key:char(64)?
 app7_shared_entity:int(1)U? app7_call_state:int(1)U? app7_call_info_uri:char(128)?
 app7_call_info_appearance_uri:char(128)? app7_b2bl_key:char(64)? app8_shared_entity:int(1)U? app8_call_state:int(1)U?
 app8_call_info_uri:char(128)? app8_call_info_appearance_uri:char(128)? app8_b2bl_key:char(64)?
 app9_shared_entity:int(1)U? app9_call_state:int(1)U? app9_call_info_uri:char(128)?
 app9_call_info_appearance_uri:char(128)? app9_b2bl_key:char(64)? app10_shared_entity:int(1)U?
 app10_call_state:int(1)U? app10_call_info_uri:char(128)? app10_call_info_appearance_uri:char(128)?
 app10_b2bl_key:char(64)?
@2.1 1 b2b_sca ^ ^ id..app10_b2bl_key
@2.2..4.1 1 ^ ^ ^ id..app1_call_state app1_call_info_uri:char(255)? app1_call_info_appearance_uri:char(255)?
 app1_b2bl_key..app2_call_state app2_call_info_uri:char(255)? app2_call_info_appearance_uri:char(255)?
 app2_b2bl_key..app3_call_state app3_call_info_uri:char(255)? app3_call_info_appearance_uri:char(255)?
 app3_b2bl_key..app4_call_state app4_call_info_uri:char(255)? app4_call_info_appearance_uri:char(255)?
 app4_b2bl_key..app5_call_state app5_call_info_uri:char(255)? app5_call_info_appearance_uri:char(255)?
 app5_b2bl_key..app6_call_state app6_call_info_uri:char(255)? app6_call_info_appearance_uri:char(255)?
 app6_b2bl_key..app7_call_state app7_call_info_uri:char(255)? app7_call_info_appearance_uri:char(255)?
 app7_b2bl_key..app8_call_state app8_call_info_uri:char(255)? app8_call_info_appearance_uri:char(255)?
 app8_b2bl_key..app9_call_state app9_call_info_uri:char(255)? app9_call_info_appearance_uri:char(255)?
 app9_b2bl_key..app10_call_state app10_call_info_uri:char(255)? app10_call_info_appearance_uri:char(255)?
 app10_b2bl_key
=cachedb
@1.11 2 cachedb_sql/MyISAM keyname - keyname:char(255) value:text(512) counter:int(10)=0 expires:int(10)U=0
@2.1..2.3 2 cachedb_sql ^ ^ keyname..expires
@2.4 2 ^ id !cachedbsql_keyname_idx:keyname id:int(10)U+ keyname..expires
@3.0 2 ^ keyname - keyname..expires
@3.1..4.1 2 ^ id !cachedbsql_keyname_idx:keyname id:int(10)U+ keyname..expires
=carrierfailureroute
@1.11 2 carrierroute/MyISAM id - id:int(10)U+ carrier:int(10)U=0 domain:char(64)= scan_prefix:char(64)=
 host_name:char(128)= reply_code:char(3)= flags:int(11)U=0 mask:int(11)U=0 next_domain:char(64)=
 description:char(255)?
@2.1 2 carrierroute ^ ^ id..description
@2.2..4.1 2 ^ ^ ^ id..scan_prefix host_name:char(255)= reply_code..description
=carrierroute
@1.11 3 carrierroute/MyISAM id - id:int(10)U+ carrier:int(10)U=0 domain:char(64)= scan_prefix:char(64)=
 flags:int(11)U=0 mask:int(11)U=0 prob:float=0 strip:int(11)U=0 rewrite_host:char(128)= rewrite_prefix:char(64)=
 rewrite_suffix:char(64)= description:char(255)?
@2.1 3 carrierroute ^ ^ id..description
@2.2..4.1 3 ^ ^ ^ id..strip rewrite_host:char(255)= rewrite_prefix..description
=cc_agents
@1.11 1 call_center/MyISAM id !unique_agentid:agentid id:int(10)U+ agentid:char(128) location:char(128)
 logstate:int(10)U=0 skills:char(255) last_call_end:int(11)=0
@2.1..3.0 1 call_center ^ ^ id..last_call_end
@3.1,3.2 2 ^ ^ ^ id..skills wrapup_end_time:int(11)=0 wrapup_time:int(11)=0
@3.3..4.1 3 ^ ^ ^ id..agentid location:char(128)?? logstate msrp_location:char(128)?? msrp_max_sessions:int(10)U=4
 skills..wrapup_time
=cc_calls
@1.11 - call_center/MyISAM b2buaid !unique_id:id id:int(10)U+ state:int(11) ig_cback:int(11) no_rej:int(11)
 setup_time:int(11) eta:int(11) last_start:int(11) recv_time:int(11) caller_dn:char(128) caller_un:char(128)
 b2buaid:char(128)= flow:char(128) agent:char(128)
@2.1 - call_center ^ ^ id..agent
@2.2..3.0 - ^ id !unique_id:b2buaid;b2buaid_idx:b2buaid id..agent
@3.1,3.2 2 ^ ^ ^ id..agent script_param:char(128)
@3.3..4.1 3 ^ ^ ^ id..state media:int(11) ig_cback..script_param
=cc_cdrs
@1.11 1 call_center/MyISAM id - id:int(10)U+ caller:char(64) received_timestamp:datetime wait_time:int(11)U=0
 pickup_time:int(11)U=0 talk_time:int(11)U=0 flow_id:char(128) agent_id:char(128)? call_type:int(11)=-1
 rejected:int(11)U=0 fstats:int(11)U=0 cid:int(11)U?=0
@2.1..3.2 1 call_center ^ ^ id..cid
@3.3..4.1 2 ^ ^ ^ id..cid media:int(11)=0
=cc_flows
@1.11 1 call_center/MyISAM id !unique_flowid:flowid id:int(10)U+ flowid:char(64) priority:int(11)U=256 skill:char(64)
 prependcid:char(32) message_welcome:char(128)? message_queue:char(128)
@2.1..3.0 1 call_center ^ ^ id..message_queue
@3.1,3.2 2 ^ ^ ^ id..prependcid max_wrapup_time:int(11)U=0 dissuading_hangup:int(11)U=0
 dissuading_onhold_th:int(11)U=0 dissuading_ewt_th:int(11)U=0 dissuading_qsize_th:int(11)U=0
 message_welcome..message_queue message_dissuading:char(128) message_flow_id:char(128)??
@3.3..4.1 2 ^ ^ ^ id..skill prependcid:char(32)? max_wrapup_time..message_queue message_dissuading:char(128)?
 message_flow_id:char(128)?
=closeddial
@1.11 1 closeddial/MyISAM id
 !cd_idx1:username,domain,cd_domain,cd_username,group_id;cd_idx2:group_id;cd_idx3:cd_username;cd_idx4:username
 id:int(10)U+ username:char(64)= domain:char(64)= cd_username:char(64)= cd_domain:char(64)= group_id:char(64)=
 new_uri:char(128)=
@2.1 1 closeddial ^ ^ id..new_uri
@2.2..4.1 1 ^ ^ ^ id..group_id new_uri:char(255)=
=clusterer
@2.2 1 clusterer id !clusterer_idx:cluster_id,machine_id id:int(10)+ cluster_id:int(10) machine_id:int(10)
 url:char(64) state:int(1)=1 last_attempt:bigint(64)U=0 failed_attempts:int(10)=3 no_tries:int(10)=0
 duration:int(10)=30 description:char(64)??
@2.3 2 ^ ^ !clusterer_idx:cluster_id,node_id id..cluster_id node_id:int(10) url..state ls_seq_no:int(10)=0
 top_seq_no:int(10)=0 no_ping_retries:int(10)=3 priority:int(10)=50 sip_addr:char(64)?? description
@2.4..4.1 4 ^ ^ ^ id..state no_ping_retries..sip_addr flags:char(64)?? description
=clusterer_bridge
@4.0,4.1 1 clusterer id !clusterer_bridge_idx/ORA_clusterer_bridge_idx:cluster_a,cluster_b id:int(10)+
 cluster_a:int(10) cluster_b:int(10) send_shtag:char(32) dst_node_csv:text??
=config
@3.6..4.1 1 config id !name_idx:name id:int(10)U+ name:char(255) value:text(4096)? description:char(255)?
=cpl
@1.11 2 cpl/MyISAM id !account_idx:username,domain id:int(10)U+ username:char(64) domain:char(64)= cpl_xml:text??
 cpl_bin:text??
@2.1..4.1 2 cpl ^ ^ id..cpl_bin
=dbaliases
@1.11 2 alias_db/MyISAM id !alias_idx:alias_username,alias_domain;target_idx:username,domain id:int(10)U+
 alias_username:char(64)= alias_domain:char(64)= username:char(64)= domain:char(64)=
@2.1..4.1 2 alias_db ^ ^ id..domain
=dialog
@1.11 9 dialog/MyISAM dlg_id - dlg_id:bigint(10)U callid:char(255) from_uri:char(128) from_tag:char(64)
 to_uri:char(128) to_tag:char(64) mangled_from_uri:char(64)? mangled_to_uri:char(64)? caller_cseq:char(11)
 callee_cseq:char(11) caller_ping_cseq:int(11)U callee_ping_cseq:int(11)U caller_route_set:text(512)??
 callee_route_set:text(512)?? caller_contact:char(128)?? callee_contact:char(128)?? caller_sock:char(64)
 callee_sock:char(64) state:int(10)U start_time:int(10)U timeout:int(10)U vars:blob(4096)? profiles:text(512)?
 script_flags:int(10)U=0 flags:int(10)U=0
@2.1 10 dialog ^ ^ dlg_id..script_flags module_flags:int(10)U=0 flags
@2.2..3.0 10 ^ ^ ^ dlg_id..callid from_uri:char(255) from_tag to_uri:char(255) to_tag..callee_route_set
 caller_contact:char(255)?? callee_contact:char(255)?? caller_sock..flags
@3.1 11 ^ ^ ^ dlg_id..flags rt_on_answer:char(64)? rt_on_timeout:char(64)? rt_on_hangup:char(64)?
@3.2 11 ^ ^ ^ dlg_id..to_tag mangled_from_uri:char(255)? mangled_to_uri:char(255)? caller_cseq..rt_on_hangup
@3.3 11 ^ ^ ^ dlg_id..to_tag mangled_from_uri:char(64)? mangled_to_uri:char(64)? caller_cseq..rt_on_hangup
@3.4..4.1 12 ^ ^ ^ dlg_id..to_tag mangled_from_uri:char(255)? mangled_to_uri:char(255)? caller_cseq..profiles
 script_flags:char(255)? module_flags..rt_on_hangup
=dialplan
@1.11 4 dialplan/MyISAM id - id:int(10)U+ dpid:int(11) pr:int(11) match_op:int(11) match_exp:char(64)
 match_flags:int(11) subst_exp:char(64)?? repl_exp:char(32)?? disabled:int(11)=0 attrs:char(32)??
@2.1..2.3 5 dialplan ^ ^ id..repl_exp timerec:char(255)?? disabled..attrs
@2.4 5 ^ ^ ^ id..disabled attrs:char(255)??
@3.0..4.1 5 ^ ^ ^ id..dpid pr:int(11)=0 match_op..match_exp match_flags:int(11)=0 subst_exp:char(64)?
 repl_exp:char(32)? timerec:char(255)? disabled attrs:char(255)?
=dispatcher
@1.11 6 dispatcher/MyISAM id - id:int(10)U+ setid:int=0 destination:char(192)= socket:char(128)? state:int=0
 weight:int=1 attrs:char(128)= description:char(64)=
@2.1,2.2 7 dispatcher ^ ^ id..weight priority:int=0 attrs..description
@2.3..3.3 8 ^ ^ ^ id..state weight:char(64)==1 priority..description
@3.4 9 ^ ^ ^ id..state probe_mode:int(11)U=0 weight..description
@3.5..4.1 9 ^ ^ ^ id..priority attrs:char(128)? description:char(64)?
=domain
@1.11 2 domain/MyISAM id !domain_idx:domain id:int(10)U+ domain:char(64)= last_modified:datetime=1900-01-01~00:00:01
@2.1..3.5 3 domain ^ ^ id..domain attrs:char(255)? last_modified
@3.6..4.1 4 ^ ^ ^ id..attrs accept_subdomain:int(11)U=0 last_modified
=domainpolicy
@1.11 3 domainpolicy/MyISAM id !rav_idx:rule,att,val;rule_idx:rule id:int(10)U+ rule:char(255) type:char(255)
 att:char(255)?? val:char(128)?? description:char(255)
@2.1..4.1 3 domainpolicy ^ ^ id..description
=dr_carriers
@1.11 2 drouting/MyISAM id !dr_carrier_idx:carrierid id:int(10)U+ carrierid:char(64) gwlist:char(255) flags:int(11)U=0
 state:int(11)U=0 attrs:char(255)?= description:char(128)=
@2.1,2.2 2 drouting ^ ^ id..description
@2.3..3.0 2 ^ ^ ^ id..state attrs:char(255)? description:char(128)?
@3.1..4.1 3 ^ ^ ^ id..flags sort_alg:char(1)=N state..description
=dr_gateways
@1.11 6 drouting/MyISAM id !dr_gw_idx:gwid id:int(10)U+ gwid:char(64) type:int(11)U=0 address:char(128)
 strip:int(11)U=0 pri_prefix:char(16)? attrs:char(255)? probe_mode:int(11)U=0 state:int(11)U=0 socket:char(128)?
 description:char(128)=
@2.1,2.2 6 drouting ^ ^ id..description
@2.3..4.1 6 ^ ^ ^ id..socket description:char(128)?
=dr_groups
@1.11 2 drouting/MyISAM id - id:int(10)U+ username:char(64) domain:char(128)= groupid:int(11)U=0
 description:char(128)=
@2.1,2.2 2 drouting ^ ^ id..description
@2.3..4.1 2 ^ ^ ^ id..username domain:char(128)? groupid description:char(128)?
=dr_partitions
@2.1..4.1 1 drouting id - id:int(10)U+ partition_name:char(255) db_url:char(255) drd_table:char(255)??
 drr_table:char(255)?? drg_table:char(255)?? drc_table:char(255)?? ruri_avp:char(255)?? gw_id_avp:char(255)??
 gw_priprefix_avp:char(255)?? gw_sock_avp:char(255)?? rule_id_avp:char(255)?? rule_prefix_avp:char(255)??
 carrier_id_avp:char(255)??
=dr_rules
@1.11 3 drouting/MyISAM ruleid - ruleid:int(10)U+ groupid:char(255) prefix:char(64) timerec:char(255)
 priority:int(11)=0 routeid:char(255)? gwlist:char(255) attrs:char(255)? description:char(128)=
@2.1,2.2 3 drouting ^ ^ ruleid..description
@2.3..3.0 3 ^ ^ ^ ruleid..prefix timerec:char(255)? priority..attrs description:char(128)?
@3.1 4 ^ ^ ^ ruleid..gwlist sort_alg:char(1)=N sort_profile:int(10)U? attrs..description
@3.2..4.1 4 ^ ^ ^ ruleid..routeid gwlist:char(255)?? sort_alg..description
=emergency_report
@2.1..4.1 1 emergency id - id:int(10)U+ callid:char(25) selectiveRoutingID:char(11) routingESN:int(5)U=0 npa:int(3)U=0
 esgwri:char(50) lro:char(20) VPC_organizationName:char(50) VPC_hostname:char(50) VPC_timestamp:char(30)
 result:char(4) disposition:char(10)
=emergency_routing
@2.1..4.1 1 emergency id - id:int(10)U+ selectiveRoutingID:char(11) routingESN:int(5)U=0 npa:int(3)U=0 esgwri:char(50)
=emergency_service_provider
@2.2..4.1 1 emergency id - id:int(10)U+ organizationName:char(50) hostId:char(30) nenaId:char(50) contact:char(20)
 certUri:char(50) nodeIP:char(20) attribution:int(2)U
=fraud_detection
@2.1..2.3 1 fraud_detection ruleid - ruleid:int(10)U+ profileid:intU prefix:char(64) start_hour:char(5)
 end_hour:char(5) daysoftheweek:char(64) cpm_warning:int(5)U cpm_critical:int(5)U call_duration_warning:int(5)U
 call_duration_critical:int(5)U total_calls_warning:int(5)U total_calls_critical:int(5)U
 concurrent_calls_warning:int(5)U concurrent_calls_critical:int(5)U sequential_calls_warning:int(5)U
 sequential_calls_critical:int(5)U
@2.4..4.1 1 ^ ^ ^ ruleid..prefix start_hour:char(5)=00:00 end_hour:char(5)=23:59 daysoftheweek:char(64)=Mon-Sun
 cpm_warning:int(5)U=0 cpm_critical:int(5)U=0 call_duration_warning:int(5)U=0 call_duration_critical:int(5)U=0
 total_calls_warning:int(5)U=0 total_calls_critical:int(5)U=0 concurrent_calls_warning:int(5)U=0
 concurrent_calls_critical:int(5)U=0 sequential_calls_warning:int(5)U=0 sequential_calls_critical:int(5)U=0
=freeswitch
@2.4..4.1 1 freeswitch_scripting id - id:int(10)U+ username:char(64)?? password:char(64) ip:char(20) port:int(11)=8021
 events_csv:char(255)??
=globalblacklist
@1.11 2 userblacklist/MyISAM id globalblacklist_idx:prefix id:int(10)U+ prefix:char(64)= whitelist:tinyint(1)=0
 description:char(255)?
@2.1 2 userblacklist ^ ^ id..description
@2.2..4.1 2 ^ ^ globalblacklist_idx/ORA_globalblacklist_idx:prefix id..description
=grp
@1.11 3 group/MyISAM id !account_group_idx:username,domain,grp id:int(10)U+ username:char(64)= domain:char(64)=
 grp:char(64)= last_modified:datetime=1900-01-01~00:00:01
@2.1..4.1 3 group ^ ^ id..last_modified
=imc_members
@1.11 2 imc/MyISAM id !account_room_idx:username,domain,room id:int(10)U+ username:char(64) domain:char(64)
 room:char(64) flag:int(11)
@2.1..4.1 2 imc ^ ^ id..flag
=imc_rooms
@1.11 2 imc/MyISAM id !name_domain_idx:name,domain id:int(10)U+ name:char(64) domain:char(64) flag:int(11)
@2.1..4.1 2 imc ^ ^ id..flag
=janus
@3.6..4.1 1 janus id - id:int(10)U+ janus_id:text janus_url:text
=jwt_profiles
@3.1..4.1 1 authjwt id !jwt_tag_idx:tag id:int(10)U+ tag:char(128) sip_username:char(128)
=jwt_secrets
@3.1..4.1 1 authjwt id - id:int(10)U+ corresponding_tag:char(128) secret:text start_ts:int end_ts:int
=load_balancer
@1.11 2 load_balancer/MyISAM id dsturi_idx:dst_uri id:int(10)U+ group_id:int(11)U=0 dst_uri:char(128)
 resources:char(255) probe_mode:int(11)U=0 description:char(128)=
@2.1,2.2 2 load_balancer ^ ^ id..description
@2.3..3.0 2 ^ ^ ^ id..probe_mode description:char(128)?
@3.1..4.1 3 ^ ^ ^ id..probe_mode attrs:char(255)? description
=location
@1.11 1009 usrloc/MyISAM id !account_contact_idx:username,domain,contact,callid id:int(10)U+ username:char(64)=
 domain:char(64)= contact:char(255)= received:char(128)? path:char(255)? expires:datetime=2020-05-28~21:32:15
 q:float(10,2)=1.0 callid:char(255)=Default-Call-ID cseq:int(11)=13 last_modified:datetime=1900-01-01~00:00:01
 flags:int(11)=0 cflags:char(255)? user_agent:char(255)= socket:char(64)? methods:int(11)? sip_instance:char(255)?
 attr:char(255)?
@2.1 1009 usrloc ^ ^ id..attr
@2.2,2.3 1011 ^ contact_id - contact_id:bigint(10)U+ username domain:char(64)? contact received:char(255)? path..attr
@2.4,3.0 1013 ^ ^ ^ contact_id..path expires:int(10)U q..sip_instance kv_store:text(512)? attr
@3.1..4.1 1013 ^ ^ ^ contact_id..domain contact:text received..attr
=missed_calls
@1.11 4 acc/MyISAM id callid_idx:callid id:int(10)U+ method:char(16)= from_tag:char(64)= to_tag:char(64)=
 callid:char(64)= sip_code:char(3)= sip_reason:char(32)= time:datetime
@2.1..4.1 5 acc ^ ^ id..time setuptime:int(11)U=0 created:datetime?
=pdt
@1.11 2 pdt/MyISAM id !sdomain_prefix_idx:sdomain,prefix id:int(10)U+ sdomain:char(128) prefix:char(32)
 domain:char(128)=
@2.1 2 pdt ^ ^ id..domain
=presentity
@1.11 5 presence/MyISAM id !presentity_idx:username,domain,event,etag id:int(10)U+ username:char(64) domain:char(64)
 event:char(64) etag:char(64) expires:int(11) received_time:int(11) body:blob extra_hdrs:blob= sender:char(128)
@2.1 5 presence ^ ^ id..sender
@2.2..4.1 5 ^ ^ ^ id..received_time body:blob? extra_hdrs:blob? sender:char(255)?
=pua
@1.11 8 presence/MyISAM id del1_idx:pres_uri,event;del2_idx:expires;update_idx:pres_uri,pres_id,flag,event
 id:int(10)U+ pres_uri:char(128) pres_id:char(255) event:int(11) expires:int(11) desired_expires:int(11) flag:int(11)
 etag:char(64)?? tuple_id:char(64)?? watcher_uri:char(128)?? to_uri:char(128)?? call_id:char(64)?? to_tag:char(64)??
 from_tag:char(64)?? cseq:int(11)?? record_route:text?? contact:char(128)?? remote_contact:char(128)??
 version:int(11)?? extra_headers:text??
@2.1 8 presence ^ ^ id..extra_headers
@2.2..3.1 8 ^ ^ ^ id pres_uri:char(255) pres_id..tuple_id watcher_uri:char(255)?? to_uri:char(255)??
 call_id..record_route contact:char(255)?? remote_contact:char(255)?? version..extra_headers
@3.2..4.1 9 ^ ^ ^ id..extra_headers sharing_tag:char(32)?
=qr_profiles
@3.1..4.1 1 qrouting id - id:int(10)U+ profile_name:char(64) warn_threshold_asr:double=-1 warn_threshold_ccr:double=-1
 warn_threshold_pdd:double=-1 warn_threshold_ast:double=-1 warn_threshold_acd:double=-1 crit_threshold_asr:double=-1
 crit_threshold_ccr:double=-1 crit_threshold_pdd:double=-1 crit_threshold_ast:double=-1 crit_threshold_acd:double=-1
 warn_penalty_asr:double=0.5 warn_penalty_ccr:double=0.5 warn_penalty_pdd:double=0.5 warn_penalty_ast:double=0.5
 warn_penalty_acd:double=0.5 crit_penalty_asr:double=0.05 crit_penalty_ccr:double=0.05 crit_penalty_pdd:double=0.05
 crit_penalty_ast:double=0.05 crit_penalty_acd:double=0.05
=rc_clients
@3.1..4.1 1 ratecacher id !client_id_idx:client_id id:int(10)U+ client_id:char(64) wholesale_rate:int(11)U=0
 retail_rate:int(11)U=0
=rc_demo_ratesheet
@3.1..4.1 1 ratecacher id !prefix_idx:prefix id:int(10)U+ prefix:char(64) destination:char(128) price:float=0
 minimum:int(11)U=0 increment:int(11)U=1
=rc_ratesheets
@3.1..4.1 1 ratecacher id !table_idx:ratesheet_table id:int(10)U+ ratesheet_table:char(64) currency:char(64)
=rc_vendors
@3.1..4.1 1 ratecacher id !vendor_id_idx:vendor_id id:int(10)U+ vendor_id:char(64) vendor_rate:int(11)U=0
=re_grp
@1.11 2 group/MyISAM id group_idx:group_id id:int(10)U+ reg_exp:char(128)= group_id:int(11)=0
@2.1..4.1 2 group ^ ^ id..group_id
=registrant
@1.11 1 registrant/MyISAM id !aor_idx:aor id:int(10)U+ registrar:char(128)= proxy:char(128)? aor:char(128)=
 third_party_registrant:char(128)? username:char(64)? password:char(64)? binding_URI:char(128)=
 binding_params:char(64)? expiry:int(1)U? forced_socket:char(64)?
@2.1 1 registrant ^ ^ id..forced_socket
@2.2..2.4 1 ^ ^ ^ id registrar:char(255)= proxy:char(255)? aor:char(255)= third_party_registrant:char(255)?
 username..password binding_URI:char(255)= binding_params..forced_socket
@3.0,3.1 2 ^ ^ ^ id..forced_socket cluster_shtag:char(64)?
@3.2..4.1 3 ^ ^ !registrant_idx:aor,binding_URI,registrar id..cluster_shtag state:int=0
=rls_presentity
@1.11 1 rls/MyISAM id !rls_presentity_idx:rlsubs_did,resource_uri;updated_idx:updated id:int(10)U+
 rlsubs_did:char(255) resource_uri:char(128) content_type:char(255) presence_state:blob expires:int(11)
 updated:int(11) auth_state:int(11) reason:char(64)
@2.1 1 rls ^ ^ id..reason
@2.2..4.1 1 ^ ^ !rls_presentity_idx/ORA_rls_presentity_idx:rlsubs_did,resource_uri;updated_idx:updated id..rlsubs_did
 resource_uri:char(255) content_type..reason
=rls_watchers
@1.11 2 rls/MyISAM id !rls_watcher_idx:presentity_uri,callid,to_tag,from_tag id:int(10)U+ presentity_uri:char(128)
 to_user:char(64) to_domain:char(64) watcher_username:char(64) watcher_domain:char(64) event:char(64)=presence
 event_id:char(64)?? to_tag:char(64) from_tag:char(64) callid:char(64) local_cseq:int(11) remote_cseq:int(11)
 contact:char(64) record_route:text?? expires:int(11) status:int(11)=2 reason:char(64) version:int(11)=0
 socket_info:char(64) local_contact:char(128)
@2.1 2 rls ^ ^ id..local_contact
@2.2..4.1 2 ^ ^ ^ id presentity_uri:char(255) to_user..socket_info local_contact:char(255)
=route_tree
@1.11 2 carrierroute/MyISAM id - id:int(10)U+ carrier:char(64)?
@2.1..4.1 2 carrierroute ^ ^ id..carrier
=rtpengine
@2.4..4.1 1 rtpengine id - id:int(10)U+ socket:text set_id:int(10)U
=rtpproxy_sockets
@1.11 0 rtpproxy/MyISAM id - id:int(10)U+ rtpproxy_sock:text set_id:int(10)U
@2.1..4.1 0 rtpproxy ^ ^ id..set_id
=silo
@1.11 6 msilo/MyISAM id account_idx:username,domain id:int(10)U+ src_addr:char(128)= dst_addr:char(128)=
 username:char(64)= domain:char(64)= inc_time:int=0 exp_time:int=0 snd_time:int=0 ctype:char(255)? body:blob?
@2.1 6 msilo ^ ^ id..body
@2.2..4.1 6 ^ ^ ^ id src_addr:char(255)= dst_addr:char(255)= username..body
=sip_trace
@1.11 3 siptrace/MyISAM id traced_user_idx:traced_user;date_idx:time_stamp;fromip_idx:fromip;callid_idx:callid
 id:int(10)U+ time_stamp:datetime=1900-01-01~00:00:01 callid:char(255)= traced_user:char(128)? msg:text
 method:char(32)= status:char(128)? fromip:char(50)= toip:char(50)= fromtag:char(64)= direction:char(4)=
@2.1 4 siptrace ^ traced_user_idx:traced_user;date_idx:time_stamp;fromip_idx:from_ip;callid_idx:callid id..status
 from_proto:char(5) from_ip:char(50)= from_port:int(5)U to_proto:char(5) to_ip:char(50)= to_port:int(5)U
 fromtag..direction
@2.2..2.4 5 ^ ^ trace_attrs_idx:trace_attrs;date_idx:time_stamp;fromip_idx:from_ip;callid_idx:callid id..callid
 trace_attrs:char(255)? msg..method status:char(255)? from_proto..direction
@3.0..4.1 5 tracer ^ ^ id..direction
=smpp
@3.0..4.1 1 smpp id !unique_name:name id:int(10)U+ name:char(255) ip:char(50) port:int(5)U system_id:char(16)
 password:char(9) system_type:char(13)= src_ton:intU=0 src_npi:intU=0 dst_ton:intU=0 dst_npi:intU=0
 session_type:intU=1
=sockets
@3.6..4.1 1 sockets_mgm id - id:int(10)U+ socket:char(128) advertised:char(128)? tag:char(128)? flags:char(128)?
 tos:char(32)?
=speed_dial
@1.11 3 speeddial/MyISAM id !speed_dial_idx:username,domain,sd_domain,sd_username id:int(10)U+ username:char(64)=
 domain:char(64)= sd_username:char(64)= sd_domain:char(64)= new_uri:char(128)= fname:char(64)= lname:char(64)=
 description:char(64)=
@2.1 3 speeddial ^ ^ id..description
@2.2..4.1 3 ^ ^ ^ id..sd_domain new_uri:char(255)= fname..description
=subscriber
@1.11 7 auth_db/MyISAM id !account_idx:username,domain;username_idx:username id:int(10)U+ username:char(64)=
 domain:char(64)= password:char(25)= email_address:char(64)= ha1:char(64)= ha1b:char(64)= rpid:char(64)?
@2.1..3.1 7 auth_db ^ ^ id..rpid
@3.2..3.5 8 ^ ^ ^ id..ha1 ha1_sha256:char(64)= ha1_sha512t256:char(64)= rpid
@3.6..4.1 8 ^ ^ ^ id..password ha1..ha1_sha512t256
=tcp_mgm
@3.3..3.6 1 tcp_mgm id - id:int(10)U+ proto:char(8)=any remote_addr:char(43)? remote_port:intU=0 local_addr:char(43)?
 local_port:intU=0 priority:int=0 attrs:char(255)? connect_timeout:intU=100 con_lifetime:intU=120
 msg_read_timeout:intU=4 send_threshold:intU=0 no_new_conn:intU=0 alias_mode:intU=0 parallel_read:intU=0
 keepalive:intU=1 keepcount:intU=9 keepidle:intU=7200 keepinterval:intU=75
@4.0,4.1 2 ^ ^ ^ id..alias_mode keepalive..keepinterval
=tls_mgm
@2.2 1 tls_mgm id - id:char(64) address:char(64) type:int(1) method:char(16)?? verify_cert:int(1)??
 require_cert:int(1)?? certificate:char(255)?? private_key:char(255)?? crl_check_all:int(1)?? crl_dir:char(255)??
 ca_list:char(255)?? ca_dir:char(255)?? cipher_list:char(255)?? dh_params:char(255)?? ec_curve:char(255)??
@2.3 2 ^ ^ !domain_type_idx:domain,type id:int(10)U+ domain:char(64) address:char(64)? type:int(1)=1
 method:char(16)?=SSLv23 verify_cert:int(1)?=1 require_cert:int(1)?=1 certificate:blob?? private_key:blob??
 crl_check_all:int(1)?=0 crl_dir:char(255)? ca_list:blob? ca_dir:char(255)? cipher_list:char(255)? dh_params:blob?
 ec_curve:char(255)?
@2.4 2 ^ ^ ^ id..crl_dir ca_list:mediumblob? ca_dir..ec_curve
@3.0..4.1 3 ^ ^ ^ id..domain match_ip_address:char(255)? match_sip_domain:char(255)? type..ec_curve
=trie_partitions
@3.6..4.1 1 trie id - id:int(10)U+ partition_name:char(255) db_url:char(255) trie_table:char(255)??
=trie_table
@3.6..4.1 1 trie ruleid - ruleid:int(10)U+ prefix:char(64) attrs:char(255)? enabled:int(11)=1
=uri
@1.11 2 uri_db/MyISAM id !account_idx:username,domain,uri_user id:int(10)U+ username:char(64)= domain:char(64)=
 uri_user:char(64)= last_modified:datetime=1900-01-01~00:00:01
@2.1..2.4 2 uri_db ^ ^ id..last_modified
@3.0..4.1 2 auth_db ^ ^ id..last_modified
=userblacklist
@1.11 2 userblacklist/MyISAM id userblacklist_idx:username,domain,prefix id:int(10)U+ username:char(64)=
 domain:char(64)= prefix:char(64)= whitelist:tinyint(1)=0
@2.1 2 userblacklist ^ ^ id..whitelist
@2.2..4.1 2 ^ ^ userblacklist_idx/ORA_userblacklist_idx:username,domain,prefix id..whitelist
=usr_preferences
@1.11 3 avpops/MyISAM id ua_idx:uuid,attribute;uda_idx:username,domain,attribute;value_idx:value id:int(10)U+
 uuid:char(64)= username:char(128)==0 domain:char(64)= attribute:char(32)= type:int(11)=0 value:char(128)=
 last_modified:datetime=1900-01-01~00:00:01
@2.1 3 avpops ^ ^ id..last_modified
@2.2..3.4 3 ^ ^ ^ id..uuid username:char(64)==0 domain..last_modified
@3.5..4.1 3 sqlops ^ ^ id..last_modified
=version
@1.11 - standard/MyISAM - !t_name_idx:table_name table_name:char(32) table_version:intU=0
@2.1..4.1 - standard ^ ^ table_name..table_version
=watchers
@1.11 4 presence/MyISAM id !watcher_idx:presentity_uri,watcher_username,watcher_domain,event id:int(10)U+
 presentity_uri:char(128) watcher_username:char(64) watcher_domain:char(64) event:char(64)=presence status:int(11)
 reason:char(64)?? inserted_time:int(11)
@2.1 4 presence ^ ^ id..inserted_time
@2.2..4.1 4 ^ ^ ^ id presentity_uri:char(255) watcher_username..inserted_time
=xcap
@1.11 4 presence/MyISAM id !account_doc_type_idx:username,domain,doc_type,doc_uri;source_idx:source id:int(10)U+
 username:char(64) domain:char(64) doc:longblob doc_type:int(11) etag:char(64) source:int(11) doc_uri:char(128)
 port:int(11)
@2.1 4 presence ^ ^ id..port
@2.2..4.1 4 ^ ^ ^ id..source doc_uri:char(255) port
="""
